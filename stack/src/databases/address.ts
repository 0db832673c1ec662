// @ts-nocheck
import { readFileSync } from 'node:fs';
import { Failure } from '../failure.js';

/**
 * Where a database is and how it is verified: by its URL's sslmode, and by DATABASE_CA, which may be a file by DATABASE_CA_FILE.
 * As the services have it (libs/persistence/src/tls.ts); the tools work before anything is compiled.
 * @param {string} url @param {NodeJS.ProcessEnv} [env]
 * @returns {{ connectionString: string, ssl: import('node:tls').ConnectionOptions | false }}
 * @throws {Failure} that names the variable to mend
 */
export function databaseAddress(url, env = process.env) {
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
  if (!MODES.has(mode))
    throw new Failure(`DATABASE_URL has sslmode=${mode}`, `It must be one of ${[...MODES.keys()].join(', ')}.`);
  target.searchParams.delete('sslmode'); // the driver would take it for more than what is said beside it
  const ssl = MODES.get(mode);
  const ca = ssl && ssl.rejectUnauthorized !== false ? authority(env) : undefined;
  return { connectionString: target.href, ssl: ca ? { ...ssl, ca } : ssl };
}

const MODES = new Map([
  ['disable', false],
  ['no-verify', { rejectUnauthorized: false }],
  ['require', {}],
  ['verify-ca', {}],
  ['verify-full', {}],
]);

function authority({ DATABASE_CA, DATABASE_CA_FILE }) {
  if (!DATABASE_CA_FILE) return DATABASE_CA?.replaceAll('\\n', '\n');
  try {
    return readFileSync(DATABASE_CA_FILE, 'utf8');
  } catch (error) {
    throw new Failure(`DATABASE_CA_FILE names a file that cannot be read (${error.code})`);
  }
}
