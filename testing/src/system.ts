import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';
import { createServiceUsers, testBroker, type TestBroker } from './broker.js';
import { startContainers } from './container-system.js';
import { secretsOf, tokenOf } from './credentials.js';
import { testDatabase, type TestDatabase } from './database.js';
import { freePort } from '@sluice/stack/ports';
import { ServiceProcess } from '@sluice/stack/services/process';
import { inRoot, manifestOf } from '@sluice/stack/workspace';
import { endWithUs } from './program.js';
import { isOwner, OWNERS, SERVICES, type Owner, type ServiceName } from './services.js';
import type { System } from './system-under-test.js';

/** A generous end for a service that boots: nine of them share two cores with other tests. Milliseconds. */
const READY_WITHIN_MS = 600_000;
/** Enough to see why a process ended. */
const OUTPUT_CHARACTERS = 100_000;

/** One process of a service: started again it has another pid, and the same place. */
export interface Instance {
  /** Where it listens, if it is a gateway. */
  readonly url: string;
  /** Of the process that runs, or ran last. */
  readonly pid: number | undefined;
  /** What it says of itself at /readyz; undefined when nobody is there. */
  readiness(): Promise<number | undefined>;
  /** Resolves when it is ready. */
  start(): Promise<void>;
  /** Sends the signal and gives the exit code of the process that it ended; null when that was the signal. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  output(): string;
}

/** A system of processes, each of which a test may look at and restart by itself. */
export interface ProcessSystem extends System {
  instance(name: ServiceName): Instance;
  /** One more process of a service, beside its first; goes with the system. */
  another(name: ServiceName): Promise<Instance>;
}

/** Servers other than the shared ones, and what is special about a service. */
export interface Servers {
  /** Goes with the system. */
  broker?: TestBroker;
  /** The administrator's URL. */
  postgresUrl?: string;
  /** Settings of one service alone, such as a clock that is wrong. */
  settingsOf?: Partial<Record<ServiceName, Record<string, string>>>;
}

/** With this variable, the tests of the whole system run on containers instead of processes. */
const inContainers = (): boolean => process.env['E2E_IN_CONTAINERS'] === 'true';

/** A test does in a minute what a thousand people do, from one address. */
const NO_LIMITS = {
  ...{ RATE_LIMIT_PER_MINUTE: '0', SIGN_IN_LIMIT_PER_MINUTE: '0' },
  ...{ UNPAID_ORDERS: '0', UNPAID_PIECES: '0', UNPAID_ORDERS_UNVERIFIED: '0', UNPAID_PIECES_UNVERIFIED: '0' },
};

/**
 * Boots every service from its build (`apps/<name>/dist`), or from its image. `env` goes to all of them; with servers, none
 * of which need be other ones, it is processes.
 */
export async function startSystem(env: Record<string, string>, servers: Servers): Promise<ProcessSystem>;
export async function startSystem(env?: Record<string, string>): Promise<System>;
export async function startSystem(env: Record<string, string> = {}, servers?: Servers): Promise<System> {
  const keys = generateKeyPairSync('ed25519');
  const settings = { CARRIER_DELAY_SECONDS: '1', LOG_LEVEL: 'warn', ...NO_LIMITS, ...env };
  return inContainers() && !servers ? startContainers(settings, keys) : startProcesses(settings, keys, servers);
}

async function startProcesses(
  env: Record<string, string>,
  keys: KeyPairKeyObjectResult,
  { broker: given, postgresUrl, settingsOf = {} }: Servers = {},
): Promise<ProcessSystem> {
  const limit = env['FLASH_SALE_QUEUE_LIMIT'];
  const broker = given ?? (await testBroker(limit === undefined ? {} : { flashSaleQueueLimit: Number(limit) }));
  const [users, made] = await Promise.all([
    createServiceUsers(broker),
    Promise.all(
      OWNERS.map(
        async (name) =>
          [
            name,
            await testDatabase(name, { ownRole: true, ...(postgresUrl !== undefined && { server: postgresUrl }) }),
          ] as const,
      ),
    ),
  ]);
  const databases = Object.fromEntries(made) as Record<Owner, TestDatabase>;
  const shared = { ...secretsOf(keys), DEV_SEED: 'true' };
  const instanceOf = async (name: ServiceName): Promise<Instance> => {
    const own = {
      ...(users[name] !== undefined && { AMQP_URL: users[name] }),
      ...(isOwner(name) && { DATABASE_URL: databases[name].url }),
    };
    return place(name, manifestOf(name).http ? await freePort() : 0, {
      ...shared,
      ...own,
      ...env,
      ...settingsOf[name],
    });
  };
  const first = Object.fromEntries(
    await Promise.all(SERVICES.map(async (name) => [name, await instanceOf(name)])),
  ) as Record<ServiceName, Instance>;
  const others: Instance[] = [];

  const system: ProcessSystem = {
    url: first.gateway.url,
    broker,
    databases,
    start: async (...names) => void (await Promise.all(names.map((name) => first[name].start()))),
    stop: async (...names) => void (await Promise.all(names.map((name) => first[name].end('SIGTERM')))),
    servers: [],
    crash: async (name) => {
      const service = first[name as ServiceName];
      await service.end('SIGKILL');
      await service.start();
    },
    instance: (name) => first[name],
    another: async (name) => {
      const instance = await instanceOf(name);
      others.push(instance);
      await instance.start();
      return instance;
    },
    tokenOf: (userId) => tokenOf(userId, keys.privateKey),
    output: (name) => first[name].output(),
    close: async () => {
      await Promise.all([...Object.values(first), ...others].map((instance) => instance.end('SIGTERM')));
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

/** Where one process of a service runs; `start` throws with its last lines when it ends or takes too long to be ready. */
function place(name: ServiceName, port: number, env: Record<string, string>): Instance {
  let running: ServiceProcess | undefined;
  let output = '';
  const onLine = (line: string): void => void (output = `${output}${line}\n`.slice(-OUTPUT_CHARACTERS));
  return {
    url: `http://127.0.0.1:${port}`,
    get pid() {
      return running?.record?.pid;
    },
    readiness: () =>
      fetch(`http://127.0.0.1:${running?.healthPort}/readyz`)
        .then(({ status }) => status)
        .catch(() => undefined),
    async start() {
      const healthPort = await freePort();
      const own = { PATH: process.env['PATH'], PORT: String(port), ...env, HEALTH_PORT: String(healthPort) };
      const program = inRoot('apps', name, 'dist/main.js');
      output = '';
      running = new ServiceProcess({ service: name, program, env: own, healthPort, onLine, restarts: false });
      running.start();
      endWithUs(running, running.ended);
      await running.ready(READY_WITHIN_MS).catch((error: unknown) => {
        throw new Error(`${name} did not become ready:\n${output}`, { cause: error });
      });
    },
    async end(signal) {
      await running?.stop(signal);
      return running?.exitCode ?? null;
    },
    output: () => output,
  };
}
