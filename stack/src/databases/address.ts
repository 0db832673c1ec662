import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { codeOf } from '../errors.js';
import { Failure } from '../failure.js';

/**
 * Where a database is and how it is verified: by its URL's sslmode, and by DATABASE_CA, which may be a file by DATABASE_CA_FILE.
 * As the services have it (libs/persistence/src/tls.ts); the commands work before anything else is compiled.
 * @throws {Failure} that names the variable to mend
 */
export function databaseAddress(url: string, env: NodeJS.ProcessEnv = process.env): DatabaseAddress {
  const target = new URL(url);
  const foreign = ['ssl', 'sslrootcert', 'sslcert', 'sslkey', 'uselibpqcompat'].filter((name) =>
    target.searchParams.has(name),
  );
  if (foreign.length > 0)
    throw new Failure(
      `DATABASE_URL has ${foreign.join(', ')}`,
      "Say sslmode=verify-full, and give the authority's certificate in DATABASE_CA.",
    );
  const mode = target.searchParams.get('sslmode');
  if (mode === null) return { connectionString: url, ssl: false };
  const ssl = MODES.get(mode);
  if (ssl === undefined)
    throw new Failure(`DATABASE_URL has sslmode=${mode}`, `It must be one of ${[...MODES.keys()].join(', ')}.`);
  target.searchParams.delete('sslmode'); // the driver would take it for more than what is said beside it
  const ca = ssl && ssl.rejectUnauthorized !== false ? authority(env) : undefined;
  return { connectionString: target.href, ssl: ca ? { ...ssl, ca } : ssl };
}

export interface DatabaseAddress {
  connectionString: string;
  ssl: ConnectionOptions | false;
}

const MODES = new Map<string, ConnectionOptions | false>([
  ['disable', false],
  ['no-verify', { rejectUnauthorized: false }],
  ['require', {}],
  ['verify-ca', {}],
  ['verify-full', {}],
]);

function authority({ DATABASE_CA, DATABASE_CA_FILE }: NodeJS.ProcessEnv): string | undefined {
  if (!DATABASE_CA_FILE) return DATABASE_CA?.replaceAll('\\n', '\n');
  try {
    return readFileSync(DATABASE_CA_FILE, 'utf8');
  } catch (error) {
    throw new Failure(`DATABASE_CA_FILE names a file that cannot be read (${codeOf(error)})`);
  }
}
