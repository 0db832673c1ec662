import { chownSync, writeFileSync } from 'node:fs';
import { endPostgres, startPostgres } from '@sluice/stack/postgres/postgres';
import { remove, temporaryStateDirectory } from '@sluice/stack/private-servers';
import { unprivilegedUser } from '@sluice/stack/reachable';
import type { StateDirectory } from '@sluice/stack/state-directory';
import type { Certificate } from './certificates.js';
import { startAgain } from './start-again.js';

/** A PostgreSQL of this test's own, which it may kill, started as `npm start` starts its own: every commit is on disk. */
export type PrivatePostgres = Awaited<ReturnType<typeof privatePostgres>>;

/** @param options server: its certificate, with which it takes TLS, and plain text beside it */
export async function privatePostgres({ server: certificate }: { server?: Certificate } = {}) {
  const stateDirectory = temporaryStateDirectory();
  const options = { extra: certificate ? tlsSettings(stateDirectory, certificate) : {} };
  const { url } = await startPostgres(stateDirectory, options);
  return {
    /** Of the administrator; stays the same over a restart. */
    url,
    /** kill -9, as a power cut would. */
    kill: () => endPostgres(stateDirectory, 'SIGKILL'),
    /** Recovers from the data that is there; resolves when it takes connections. */
    start: () => startAgain(url, () => startPostgres(stateDirectory, options)),
    close: () => remove(stateDirectory),
  };
}

/** PostgreSQL takes no key that others may read. @returns the settings that name the files */
function tlsSettings(stateDirectory: StateDirectory, { cert, key }: Certificate): Record<string, string> {
  const files = { ssl_cert_file: stateDirectory.path('server.pem'), ssl_key_file: stateDirectory.path('server.key') };
  writeFileSync(files.ssl_cert_file, cert);
  writeFileSync(files.ssl_key_file, key, { mode: 0o600 });
  const user = unprivilegedUser();
  if (user) for (const file of Object.values(files)) chownSync(file, user.uid, user.gid);
  return { ssl: 'on', ...files };
}
