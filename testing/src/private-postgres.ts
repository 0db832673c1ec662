import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Certificate } from './certificates.js';
import { eventually } from './eventually.js';

const TOOLS = path.join(import.meta.dirname, '../../stack/dist');
const tool = (file: string): Promise<Record<string, unknown>> =>
  import(pathToFileURL(path.join(TOOLS, file)).href) as Promise<Record<string, unknown>>;

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

interface Server {
  url: string;
  process: { pid: number };
  ended: Promise<boolean>;
}

/** With a certificate it takes TLS, and plain text beside it. */
export interface PrivatePostgresOptions {
  server?: Certificate;
}

/** Started as `npm start` starts its own, with every commit on disk. */
export async function privatePostgres({ server: certificate }: PrivatePostgresOptions = {}): Promise<PrivatePostgres> {
  const { startPostgres, removePostgres } = (await tool('postgres/postgres.js')) as {
    startPostgres(stateDirectory: object, options: { extra: Record<string, string> }): Promise<Server>;
    removePostgres(stateDirectory: object): void;
  };
  const { StateDirectory } = (await tool('state-directory.js')) as { StateDirectory: new (dir: string) => object };
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-postgres-'));
  chmodSync(folder, 0o711); // the server may have to run as another user
  const stateDirectory = new StateDirectory(folder);
  const options = { extra: certificate ? await layOut(folder, certificate) : {} };
  let server = await startPostgres(stateDirectory, options);
  const { url } = server;
  /** Sessions notice the death of their server a moment later, and hold its port until then. */
  const start = (): Promise<void> =>
    eventually(
      async () => {
        await canListen(Number(new URL(url).port));
        server = await startPostgres(stateDirectory, options);
        if (server.url !== url) throw new Error(`PostgreSQL came back at ${server.url} and not at ${url}`);
      },
      { withinMs: 60_000 },
    );
  const kill = async (): Promise<void> => {
    process.kill(server.process.pid, 'SIGKILL');
    await server.ended;
  };
  return {
    url,
    kill,
    start,
    close: async () => {
      await kill().catch(() => undefined);
      removePostgres(stateDirectory);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL takes no key that others may read. @returns the settings that name the files */
async function layOut(folder: string, { cert, key }: Certificate): Promise<Record<string, string>> {
  const { unprivilegedUser } = (await tool('reachable.js')) as {
    unprivilegedUser(): { uid: number; gid: number } | undefined;
  };
  const files = { ssl_cert_file: path.join(folder, 'server.pem'), ssl_key_file: path.join(folder, 'server.key') };
  writeFileSync(files.ssl_cert_file, cert);
  writeFileSync(files.ssl_key_file, key, { mode: 0o600 });
  const user = unprivilegedUser();
  if (user) for (const file of Object.values(files)) chownSync(file, user.uid, user.gid);
  return { ssl: 'on', ...files };
}

/** @throws Error when somebody listens there */
async function canListen(port: number): Promise<void> {
  const listener = createServer().listen(port, '127.0.0.1');
  await once(listener, 'listening');
  listener.close();
  await once(listener, 'close');
}
