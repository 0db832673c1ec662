import type { ConnectionOptions } from 'node:tls';

/** TLS options by `sslmode`. Defined here because drivers change what a mode means; none is weaker than its name. */
const MODES = new Map<string, ConnectionOptions | false>([
  ['disable', false],
  ['no-verify', { rejectUnauthorized: false }],
  ['require', {}],
  ['verify-ca', {}],
  ['verify-full', {}],
]);

/** Other TLS parameters of drivers, which are refused: files to read, and switches whose meaning changes. */
const FOREIGN = ['ssl', 'sslrootcert', 'sslcert', 'sslkey', 'uselibpqcompat'];

export interface DatabaseAddress {
  connectionString: string;
  /** False: plain text. */
  ssl: ConnectionOptions | false;
}

/**
 * Returns how to connect to the database at `url`. Without `sslmode`, or with `disable`: plain text. With
 * `verify-full`, `verify-ca` or `require`: TLS, with certificate and host name verified. With `no-verify`: TLS without
 * verification.
 * @param ca certificate authorities to trust instead of those built into Node.js. PEM
 * @throws Error that names the variable to correct
 */
export function databaseAddress(url: string, ca?: string): DatabaseAddress {
  const target = new URL(url);
  const foreign = FOREIGN.filter((name) => target.searchParams.has(name));
  if (foreign.length > 0)
    throw new Error(
      `DATABASE_URL has ${foreign.join(', ')}: use sslmode=verify-full, and put the CA certificate in DATABASE_CA`,
    );
  const ssl = modeOf(target.searchParams.get('sslmode') ?? 'disable');
  if (ca && !verifies(ssl))
    throw new Error('DATABASE_CA is set, and DATABASE_URL does not verify: add sslmode=verify-full');
  return { connectionString: withoutMode(target, url), ssl: ssl && ca ? { ...ssl, ca } : ssl };
}

/** Removes `sslmode` from the URL, because the driver would prefer it to the `ssl` option. */
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
