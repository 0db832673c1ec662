import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { testBroker, type TestBroker } from './broker.js';
import { testDatabase, type TestDatabase } from './database.js';
import { eventually } from './eventually.js';
import { run, type Program } from './program.js';

const OWNERS = ['accounts', 'flash-sale', 'inventory', 'logistics', 'notifications', 'orders', 'payments', 'promotions'] as const;
const SERVICES = [...OWNERS, 'gateway'] as const;
export type ServiceName = (typeof SERVICES)[number];
type Owner = (typeof OWNERS)[number];

/** A service may take this long to answer /readyz: eight of them share two cores when a test boots them all. */
const READY_WITHIN_MS = 60_000;

/** The whole system as its users run it: one process per service, on a vhost and databases of its own. */
export interface System {
  /** Base URL of the gateway. */
  url: string;
  /** To be replaced by a test that has restarted the server: connections do not survive that. */
  broker: TestBroker;
  databases: Record<Owner, TestDatabase>;
  start(...names: ServiceName[]): Promise<void>;
  /** SIGTERM; resolves when the process has ended. */
  stop(...names: ServiceName[]): Promise<void>;
  /** SIGKILL; resolves when the process has ended. */
  kill(...names: ServiceName[]): Promise<void>;
  /** A token as accounts would give it to this user, without asking accounts. */
  tokenOf(userId: string): string;
  /** The last lines that a service wrote. */
  output(name: ServiceName): string;
  close(): Promise<void>;
}

/** Servers other than the shared ones. */
export interface Servers {
  /** Goes with the system. */
  broker?: TestBroker;
  /** The administrator's URL. */
  postgresUrl?: string;
}

/** Boots every service from its build (`apps/<name>/dist`). `env` goes to all of them. */
export async function startSystem(env: Record<string, string> = {}, { broker: given, postgresUrl }: Servers = {}): Promise<System> {
  const limit = env['FLASH_SALE_QUEUE_LIMIT'];
  const broker = given ?? (await testBroker(limit === undefined ? {} : { flashSaleQueueLimit: Number(limit) }));
  const databases = Object.fromEntries(await Promise.all(OWNERS.map(async (name) => [name, await testDatabase(name, postgresUrl === undefined ? {} : { server: postgresUrl })]))) as Record<Owner, TestDatabase>;
  const port = await freePort();
  const keys = generateKeyPairSync('ed25519');
  const shared = { ...secrets(keys), PORT: String(port), AMQP_URL: broker.url, DEV_SEED: 'true', CARRIER_DELAY_SECONDS: '1', LOG_LEVEL: 'warn', ...env };
  const processes = new Map<ServiceName, Service>();

  const start = async (name: ServiceName) => {
    const service = await launch(name, name === 'gateway' ? shared : { ...shared, DATABASE_URL: databases[name].url });
    processes.set(name, service);
    await service.ready();
  };
  const end = (signal: NodeJS.Signals) => async (...names: ServiceName[]) => {
    await Promise.all(names.map((name) => processes.get(name)?.end(signal)));
  };
  const system: System = {
    url: `http://127.0.0.1:${port}`,
    broker,
    databases,
    start: async (...names) => void (await Promise.all(names.map(start))),
    stop: end('SIGTERM'),
    kill: end('SIGKILL'),
    tokenOf: (userId) => signed({ sub: userId, role: 'customer', exp: Math.floor(Date.now() / 1_000) + 3_600 }, keys.privateKey),
    output: (name) => processes.get(name)?.output() ?? '',
    close: async () => {
      await end('SIGTERM')(...SERVICES);
      await Promise.all(Object.values(databases).map((database) => database.close()));
      await system.broker.close();
    },
  };
  await system.start(...SERVICES).catch(async (error: unknown) => {
    await system.close();
    throw error;
  });
  return system;
}

interface Service extends Program {
  /** Resolves when /readyz says so; throws with the service's last lines when it ends or takes too long. */
  ready(): Promise<void>;
}

async function launch(name: ServiceName, env: Record<string, string>): Promise<Service> {
  const health = await freePort();
  const program = run(`apps/${name}/dist/main.js`, { ...env, HEALTH_PORT: String(health) });
  const answersReady = async () => !program.running() || (await fetch(`http://127.0.0.1:${health}/readyz`)).ok;
  return {
    ...program,
    async ready() {
      await eventually(async () => assertReady(await answersReady(), name, program), { withinMs: READY_WITHIN_MS });
      assertReady(program.running(), name, program);
    },
  };
}

function assertReady(ready: boolean, name: ServiceName, { output }: Program): void {
  if (!ready) throw new Error(`${name} did not become ready:\n${output()}`);
}

function secrets({ privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }): Record<string, string> {
  return {
    TOKEN_PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    TOKEN_PUBLIC_KEY: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    IDEMPOTENCY_SECRET: 'only-for-this-test-run-0123456789abcdef',
  };
}

/** A compact JSON web signature with Ed25519 (RFC 7515, RFC 8037). */
function signed(claims: object, key: KeyObject): string {
  const encoded = [{ alg: 'EdDSA', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${encoded}.${sign(null, Buffer.from(encoded), key).toString('base64url')}`;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
