import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';
import { letIn, testBroker, type TestBroker } from './broker.js';
import { startContainers } from './container-system.js';
import { secretsOf, tokenOf } from './credentials.js';
import { testDatabase, type TestDatabase } from './database.js';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { run, type Program } from './program.js';
import { OWNERS, SERVICES, type Owner, type ServerName, type ServiceName } from './services.js';

/** A service may take this long to answer /readyz: nine of them share two cores when a test boots them all. */
const READY_WITHIN_MS = 90_000;

/** The whole system as its users run it: one process per service, each with a user and a role of its own on a vhost and databases of the test's. */
export interface System {
  /** Base URL of the gateway. */
  url: string;
  /** To be replaced by a test that has restarted the server: connections do not survive that. */
  broker: TestBroker;
  databases: Record<Owner, TestDatabase>;
  start(...names: ServiceName[]): Promise<void>;
  /** SIGTERM; resolves when the process has ended. */
  stop(...names: ServiceName[]): Promise<void>;
  /** SIGKILL; resolves when it is there again. */
  crash(name: ServiceName | ServerName): Promise<void>;
  /** What may crash beside the services: not the servers that other tests use as well. */
  servers: readonly ServerName[];
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

/** With this variable, the tests of the whole system run on containers instead of processes. */
const inContainers = (): boolean => process.env['E2E_IN_CONTAINERS'] === 'true';

/** A test does in a minute what a thousand people do, from one address. */
const NO_LIMITS = { RATE_LIMIT_PER_MINUTE: '0', SIGN_IN_LIMIT_PER_MINUTE: '0' };

/**
 * Boots every service from its build (`apps/<name>/dist`), or from its image. `env` goes to all of them; servers that are
 * given need processes.
 */
export async function startSystem(env: Record<string, string> = {}, servers?: Servers): Promise<System> {
  const keys = generateKeyPairSync('ed25519');
  const settings = { CARRIER_DELAY_SECONDS: '1', LOG_LEVEL: 'warn', ...NO_LIMITS, ...env };
  return inContainers() && !servers ? startContainers(settings, keys) : startProcesses(settings, keys, servers);
}

async function startProcesses(env: Record<string, string>, keys: KeyPairKeyObjectResult, { broker: given, postgresUrl }: Servers = {}): Promise<System> {
  const limit = env['FLASH_SALE_QUEUE_LIMIT'];
  const broker = given ?? (await testBroker(limit === undefined ? {} : { flashSaleQueueLimit: Number(limit) }));
  const [users, made] = await Promise.all([letIn(broker), Promise.all(OWNERS.map(async (name) => [name, await testDatabase(name, { ownRole: true, ...(postgresUrl !== undefined && { server: postgresUrl }) })] as const))]);
  const databases = Object.fromEntries(made) as Record<Owner, TestDatabase>;
  const port = await freePort();
  const shared = { ...secretsOf(keys), PORT: String(port), DEV_SEED: 'true' };
  const processes = new Map<ServiceName, Service>();

  const start = async (name: ServiceName) => {
    const own = { ...(users[name] !== undefined && { AMQP_URL: users[name] }), ...(name !== 'gateway' && { DATABASE_URL: databases[name].url }) };
    const service = await launch(name, { ...shared, ...own, ...env });
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
    servers: [],
    crash: async (name) => {
      const service = name as ServiceName;
      await end('SIGKILL')(service);
      await start(service);
    },
    tokenOf: (userId) => tokenOf(userId, keys.privateKey),
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
