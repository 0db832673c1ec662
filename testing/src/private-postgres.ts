import { chownSync, writeFileSync } from 'node:fs';
import { endPostgres, startPostgres } from '@sluice/stack/postgres/postgres';
import { remove, temporaryStateDirectory } from '@sluice/stack/private-servers';
import { unprivilegedUser } from '@sluice/stack/reachable';
import type { StateDirectory } from '@sluice/stack/state-directory';
import type { Certificate } from './certificates.js';
import { startAgain } from './start-again.js';

/** A PostgreSQL of this test's own, which it may kill. */
export interface PrivatePostgres {
  /** Of the administrator; stays the same over a restart. */
  url: string;
  /** kill -9, as a power cut would. */
  kill(): Promise<void>;
  /** Recovers from the data that is there; resolves when it takes connections. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** With a certificate it takes TLS, and plain text beside it. */
export interface PrivatePostgresOptions {
  server?: Certificate;
}

/** Started as `npm start` starts its own, with every commit on disk. */
export async function privatePostgres({ server: certificate }: PrivatePostgresOptions = {}): Promise<PrivatePostgres> {
  const stateDirectory = temporaryStateDirectory();
  const options = { extra: certificate ? tlsSettings(stateDirectory, certificate) : {} };
  const { url } = await startPostgres(stateDirectory, options);
  return {
    url,
    kill: () => endPostgres(stateDirectory, 'SIGKILL'),
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
