import type { ConnectionOptions } from 'node:tls';

/** What an `sslmode` means here: never less than it says, whatever a driver's next version takes it for. */
const MODES = new Map<string, ConnectionOptions | false>([
  ['disable', false],
  ['no-verify', { rejectUnauthorized: false }],
  ['require', {}],
  ['verify-ca', {}],
  ['verify-full', {}],
]);

/** Parameters by which drivers are told of TLS in other ways: files that a driver would read, and switches with changing meanings. */
const FOREIGN = ['ssl', 'sslrootcert', 'sslcert', 'sslkey', 'uselibpqcompat'];

export interface DatabaseAddress {
  connectionString: string;
  /** False: plain text. */
  ssl: ConnectionOptions | false;
}

/**
 * How to connect to the database at `url`: without `sslmode` or with `disable` in plain text; with `verify-full`, `verify-ca` or `require`
 * with TLS, certificate and host name verified; with `no-verify` with TLS to whoever answers.
 * @param ca the authorities to trust instead of those that Node.js brings. PEM
 * @throws Error that names the variable to mend
 */
export function databaseAddress(url: string, ca?: string): DatabaseAddress {
  const target = new URL(url);
  const foreign = FOREIGN.filter((name) => target.searchParams.has(name));
  if (foreign.length > 0)
    throw new Error(
      `DATABASE_URL has ${foreign.join(', ')}: say sslmode=verify-full, and give the authority's certificate in DATABASE_CA`,
    );
  const ssl = modeOf(target.searchParams.get('sslmode') ?? 'disable');
  if (ca && !verifies(ssl))
    throw new Error('DATABASE_CA is set, and DATABASE_URL does not verify: add sslmode=verify-full');
  return { connectionString: withoutMode(target, url), ssl: ssl && ca ? { ...ssl, ca } : ssl };
}

/** The driver would take it for more than what is said beside it. */
function withoutMode(target: URL, url: string): string {
  if (!target.searchParams.has('sslmode')) return url;
  target.searchParams.delete('sslmode');
  return target.href;
}

function modeOf(mode: string): ConnectionOptions | false {
  const found = MODES.get(mode);
  if (found !== undefined) return found;
  throw new Error(`DATABASE_URL has sslmode=${mode}: it must be one of ${[...MODES.keys()].join(', ')}`);
}

const verifies = (ssl: ConnectionOptions | false): boolean => ssl !== false && ssl.rejectUnauthorized !== false;
