import { execFile, execFileSync } from 'node:child_process';
import { randomBytes, type KeyPairKeyObjectResult } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { testBroker } from './broker.js';
import { secretsOf, tokenOf } from './credentials.js';
import type { TestDatabase } from './database.js';
import { freePort } from './free-port.js';
import { OWNERS, type Owner } from './services.js';
import type { System } from './system.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const FILES = ['docker-compose.yml', 'e2e/compose.yml'].flatMap((file) => ['--file', path.join(ROOT, file)]);
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;

/**
 * The system of docker-compose.yml, as a project of its own: the same promises hold for its containers. The images are built
 * when there are none; build them anew (`docker compose build`) when the code has changed.
 * @param keys what its tokens are signed with
 */
export async function startContainers(env: Record<string, string>, keys: KeyPairKeyObjectResult): Promise<System> {
  const passwords = { POSTGRES_PASSWORD: password(), RABBITMQ_PASSWORD: password() };
  const { TOKEN_PRIVATE_KEY, IDEMPOTENCY_SECRET } = secretsOf(keys);
  const port = String(await freePort()); // a container that is started again must keep it
  const project = new Project({ PORT: port, ...passwords, TOKEN_PRIVATE_KEY, IDEMPOTENCY_SECRET, ...env });
  try {
    await project.run('up', '--detach', '--wait');
    return await systemOf(project, passwords, env['FLASH_SALE_QUEUE_LIMIT'], keys);
  } catch (error) {
    await project.run('down', '--volumes');
    throw error;
  }
}

const password = (): string => randomBytes(12).toString('hex');

/** Those in our environment serve the tests that run without containers. */
const WITHOUT_SERVERS = { DATABASE_URL: '', AMQP_URL: '', AMQP_MANAGEMENT_URL: '' };

/** One set of containers, with the settings that they were made with: others would make compose replace them. */
class Project {
  readonly #name = `sluice-test-${randomBytes(4).toString('hex')}`;
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: Record<string, string>) {
    this.#env = { ...process.env, ...WITHOUT_SERVERS, ...env };
  }

  async run(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('docker', this.#arguments(args), { env: this.#env, maxBuffer: MOST_OUTPUT_BYTES });
    return stdout;
  }

  runSync(...args: string[]): string {
    return execFileSync('docker', this.#arguments(args), { env: this.#env, maxBuffer: MOST_OUTPUT_BYTES, encoding: 'utf8' });
  }

  /** @returns where a container's port is published, `127.0.0.1:32768` */
  async address(service: string, port: number): Promise<string> {
    return (await this.run('port', service, String(port))).trim();
  }

  #arguments(args: string[]): string[] {
    return ['compose', '--project-name', this.#name, ...FILES, ...args];
  }
}

async function systemOf(project: Project, passwords: Record<'POSTGRES_PASSWORD' | 'RABBITMQ_PASSWORD', string>, limit: string | undefined, keys: KeyPairKeyObjectResult): Promise<System> {
  const [gateway, postgres, amqp, management] = await Promise.all([project.address('gateway', 8080), project.address('postgres', 5432), project.address('rabbitmq', 5672), project.address('rabbitmq', 15672)]);
  const user = `sluice:${passwords.RABBITMQ_PASSWORD}`;
  const server = { url: `amqp://${user}@${amqp}`, managementUrl: `http://${user}@${management}` };
  const broker = await testBroker({ server, vhost: 'sluice', ...(limit !== undefined && { flashSaleQueueLimit: Number(limit) }) });
  const databases = Object.fromEntries(OWNERS.map((name) => [name, databaseOf(`postgresql://postgres:${passwords.POSTGRES_PASSWORD}@${postgres}/sluice_${name.replace('-', '_')}`)])) as Record<Owner, TestDatabase>;
  return {
    url: `http://${gateway}`,
    broker,
    databases,
    start: async (...names) => void (await project.run('up', '--detach', '--wait', '--no-deps', '--no-recreate', ...names)),
    stop: async (...names) => void (await project.run('stop', ...names)),
    kill: async (...names) => void (await project.run('kill', ...names)),
    tokenOf: (userId) => tokenOf(userId, keys.privateKey),
    output: (name) => project.runSync('logs', '--no-log-prefix', name),
    close: async () => {
      await Promise.all(Object.values(databases).map((database) => database.close()));
      await broker.connection.close();
      await project.run('down', '--volumes');
    },
  };
}

function databaseOf(url: string): TestDatabase {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => {});
  return { url, pool, close: () => pool.end() };
}
