import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endPostgres, removePostgres, startPostgres } from '@sluice/stack/postgres/postgres';
import { unprivilegedUser } from '@sluice/stack/reachable';
import { StateDirectory } from '@sluice/stack/state-directory';
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
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-postgres-'));
  chmodSync(folder, 0o711); // the server may have to run as another user
  const stateDirectory = new StateDirectory(folder);
  const options = { extra: certificate ? tlsSettings(folder, certificate) : {} };
  const { url } = await startPostgres(stateDirectory, options);
  const kill = (): Promise<void> => endPostgres(stateDirectory, 'SIGKILL');
  return {
    url,
    kill,
    start: () => startAgain(url, () => startPostgres(stateDirectory, options)),
    close: async () => {
      await kill();
      removePostgres(stateDirectory);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL takes no key that others may read. @returns the settings that name the files */
function tlsSettings(folder: string, { cert, key }: Certificate): Record<string, string> {
  const files = { ssl_cert_file: path.join(folder, 'server.pem'), ssl_key_file: path.join(folder, 'server.key') };
  writeFileSync(files.ssl_cert_file, cert);
  writeFileSync(files.ssl_key_file, key, { mode: 0o600 });
  const user = unprivilegedUser();
  if (user) for (const file of Object.values(files)) chownSync(file, user.uid, user.gid);
  return { ssl: 'on', ...files };
}
