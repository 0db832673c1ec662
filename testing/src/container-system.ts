import assert from 'node:assert';
import { execFile, execFileSync } from 'node:child_process';
import { randomBytes, type KeyPairKeyObjectResult } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { testBroker } from './broker.js';
import { secretsOf, tokenOf } from './credentials.js';
import type { TestDatabase } from './database.js';
import { eventually } from './eventually.js';
import { freePort } from '@sluice/stack/ports';
import { OWNERS, SERVERS, type Owner } from './services.js';
import type { System } from './system-under-test.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FILES = ['docker-compose.yml', 'e2e/compose.yml'].flatMap((file) => ['--file', path.join(ROOT, file)]);
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
/** Docker waits 0.1 s before the first restart, and twice as long before each that follows soon. */
const RESTARTED_WITHIN_MS = 30_000;

/**
 * The system of docker-compose.yml, as a project of its own: the same promises hold for its containers. The images are
 * built when there are none; build them anew (`docker compose build`) when the code has changed.
 * @param keys what its tokens are signed with
 */
export async function startContainers(env: Record<string, string>, keys: KeyPairKeyObjectResult): Promise<System> {
  const passwords = { POSTGRES_PASSWORD: password(), RABBITMQ_PASSWORD: password() };
  const { TOKEN_PRIVATE_KEY, IDEMPOTENCY_SECRET } = secretsOf(keys);
  const ports = await portsOf('PORT', 'POSTGRES_PORT', 'AMQP_PORT', 'AMQP_MANAGEMENT_PORT');
  const project = new Project({ ...ports, ...passwords, TOKEN_PRIVATE_KEY, IDEMPOTENCY_SECRET, ...env });
  try {
    await project.run('up', '--detach', '--wait');
    return await systemOf(project, { ports, passwords }, env['FLASH_SALE_QUEUE_LIMIT'], keys);
  } catch (error) {
    await project.run('down', '--volumes');
    throw error;
  }
}

/** A container that is started again must keep its ports, so they are chosen here. */
async function portsOf<P extends string>(...names: P[]): Promise<Record<P, string>> {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, String(await freePort())]))) as Record<
    P,
    string
  >;
}

const password = (): string => randomBytes(12).toString('hex');

/** The servers of our environment are for the tests that run without containers. */
const WITHOUT_SERVERS = { DATABASE_URL: '', AMQP_URL: '', AMQP_MANAGEMENT_URL: '' };

async function docker(args: string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const { stdout } = await promisify(execFile)('docker', args, { env, maxBuffer: MAX_OUTPUT_BYTES });
  return stdout;
}

/** One set of containers, with the settings that they were made with: others would make compose replace them. */
class Project {
  readonly #name = `sluice-test-${randomBytes(4).toString('hex')}`;
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: Record<string, string>) {
    this.#env = { ...process.env, ...WITHOUT_SERVERS, ...env };
  }

  async run(...args: string[]): Promise<string> {
    return docker(this.#arguments(args), this.#env);
  }

  runSync(...args: string[]): string {
    return execFileSync('docker', this.#arguments(args), {
      env: this.#env,
      maxBuffer: MAX_OUTPUT_BYTES,
      encoding: 'utf8',
    });
  }

  /** Kills every process in the container but its first, from inside; the restart policy starts it again. */
  async crash(service: string): Promise<void> {
    const container = (await this.run('ps', '--quiet', service)).trim();
    const restarts = async (): Promise<number> =>
      Number(await docker(['inspect', '--format', '{{.RestartCount}}', container]));
    const before = await restarts();
    await this.run('exec', '--no-TTY', service, 'sh', '-c', 'kill -9 -1').catch(() => undefined); // it ends with its container
    await eventually(async () => assert((await restarts()) > before, `${service} was not started again`), {
      withinMs: RESTARTED_WITHIN_MS,
    });
    await this.start(service);
  }

  /** Resolves when they are healthy. */
  async start(...services: string[]): Promise<void> {
    await this.run('up', '--detach', '--wait', '--no-deps', '--no-recreate', ...services);
  }

  #arguments(args: string[]): string[] {
    return ['compose', '--project-name', this.#name, ...FILES, ...args];
  }
}

interface Access {
  ports: Record<'PORT' | 'POSTGRES_PORT' | 'AMQP_PORT' | 'AMQP_MANAGEMENT_PORT', string>;
  passwords: Record<'POSTGRES_PASSWORD' | 'RABBITMQ_PASSWORD', string>;
}

async function systemOf(
  project: Project,
  { ports, passwords }: Access,
  limit: string | undefined,
  keys: KeyPairKeyObjectResult,
): Promise<System> {
  const user = `sluice:${passwords.RABBITMQ_PASSWORD}`;
  const server = {
    url: `amqp://${user}@127.0.0.1:${ports.AMQP_PORT}`,
    managementUrl: `http://${user}@127.0.0.1:${ports.AMQP_MANAGEMENT_PORT}`,
  };
  const openBroker = () =>
    testBroker({ server, vhost: 'sluice', ...(limit !== undefined && { flashSaleQueueLimit: Number(limit) }) });
  const databases = Object.fromEntries(
    OWNERS.map((name) => [
      name,
      databaseOf(
        `postgresql://postgres:${passwords.POSTGRES_PASSWORD}@127.0.0.1:${ports.POSTGRES_PORT}/sluice_${name.replace('-', '_')}`,
      ),
    ]),
  ) as Record<Owner, TestDatabase>;
  const system: System = {
    url: `http://127.0.0.1:${ports.PORT}`,
    broker: await openBroker(),
    databases,
    servers: SERVERS,
    start: (...names) => project.start(...names),
    stop: async (...names) => void (await project.run('stop', ...names)),
    async crash(name) {
      await project.crash(name);
      if (name === 'rabbitmq') system.broker = await openBroker();
    },
    tokenOf: (userId) => tokenOf(userId, keys.privateKey),
    output: (name) => project.runSync('logs', '--no-log-prefix', name),
    close: async () => {
      await Promise.all(Object.values(databases).map((database) => database.close()));
      await system.broker.connection.close().catch(() => undefined);
      await project.run('down', '--volumes');
    },
  };
  return system;
}

function databaseOf(url: string): TestDatabase {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => {});
  return { url, pool, close: () => pool.end() };
}
