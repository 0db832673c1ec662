import type { DynamicModule, INestMicroservice, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { currentMessage, MessageClient, MessageServer, RethrowFilter, type Publisher } from '@sluice/messaging';
import type { z } from 'zod';
import { brokerOf } from './broker-address.js';
import type { Database, Outlet } from './database.js';
import { ConsumerConfig, DatabaseConfig } from './environment.js';
import { FakeSwitches } from './fake-switch.js';
import { serveHealth, type Check } from './health.js';
import { verdictsOf, watchInvariants, type Invariant } from './invariants.js';
import type { ServiceLogger } from './logger.js';
import { operationsModule } from './operations.js';
import type { Parent } from './parent.js';
import { globalModule } from './providers.js';
import { startPulse } from './pulsing.js';
import { prepare, runProcess, type Stop } from './run-process.js';

export interface ServiceOptions<C extends z.ZodObject = z.ZodObject> {
  name: string;
  module: Type;
  /** The service's own variables, in addition to those of every service. */
  config?: C;
  /** True: the service has a database; provides `Pool`, `UnitsOfWork`, and what `prismaClient(...)` needs. */
  database?: boolean;
  /** Conditions that always hold in its database; a metric counts their violations. */
  invariants?: (config: z.output<C>) => readonly Invariant[];
}

export interface Service {
  app: INestMicroservice;
  logger: ServiceLogger;
  stop: Stop;
}

/** Runs a service: configuration, log, broker, database, health, shutdown. The whole content of its `main.ts`. */
export const runService = <C extends z.ZodObject>(options: ServiceOptions<C>): Promise<void> =>
  runProcess(options.name, () => startService(options, process.env, process));

/**
 * Starts a service in this process. `stop` finishes what is in flight, empties the outbox, then closes everything.
 * @param parent the process that has started this one, for the switches of fake providers
 */
export async function startService<C extends z.ZodObject>(
  options: ServiceOptions<C>,
  environment: NodeJS.ProcessEnv,
  parent?: Parent,
): Promise<Service> {
  const { config, logger, stopTracing } = await prepare(
    { name: options.name, config: configOf(options), context: aboutMessage },
    environment,
  );
  const opened: Stop[] = [stopTracing];
  const stop = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    const fakes = new FakeSwitches(parent, config.NODE_ENV);
    const opening = await open({ ...options, fakes }, config, logger, opened);
    const invariants = options.invariants?.(config as z.output<C>);
    if (invariants) opened.push(await watch(opening.app, invariants));
    opened.push(await pulse(options.name, opening, invariants));
    const { app } = opening;
    logger.log(`ready after ${Math.round(performance.now())} ms`);
    return { app, logger, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Config = z.output<typeof ConsumerConfig> & Partial<DatabaseConfig>;

const configOf = ({
  config,
  database,
}: Pick<ServiceOptions, 'config' | 'database'>): z.ZodObject<typeof ConsumerConfig.shape> =>
  ConsumerConfig.extend({ ...(database && DatabaseConfig.shape), ...config?.shape });

interface Opened {
  app: INestMicroservice;
  publisher: Publisher;
  server: MessageServer;
  database: Database | undefined;
}

/** Opens all parts in order and adds to `opened` how to close each, so that a failed boot leaves nothing open. */
async function open(
  { name, module, fakes }: Pick<ServiceOptions, 'name' | 'module'> & { fakes: FakeSwitches },
  config: Config,
  logger: ServiceLogger,
  opened: Stop[],
): Promise<Opened> {
  const broker = brokerOf(config);
  const client = new MessageClient({ ...broker, source: name });
  const { publisher } = client;
  const server = new MessageServer({
    ...broker,
    service: name,
    prefetch: config.PREFETCH,
    schedule: scheduleOf(config),
    publisher,
    unsupportedForMs: config.UNSUPPORTED_FOR_SECONDS * 1_000,
  });
  opened.push(() => client.close());
  const database = hasDatabase(config)
    ? await databaseOf(config, { publisher, handleHere: (message) => server.handleHere(message) }, name)
    : undefined;
  if (database) opened.push(() => database.close());
  const checks: Check[] = [{ missing: 'broker', ok: () => server.ready }, ...(database ? [database.check] : [])];
  opened.push(await serveHealth(config, checks));
  const app = await createApp({
    module,
    shared: [
      globalModule(config, client, [
        { provide: MessageServer, useValue: server },
        { provide: FakeSwitches, useValue: fakes },
        ...(database?.providers ?? []),
      ]),
      operationsModule(name, { server, publisher }),
    ],
    server,
    logger,
  });
  opened.push(() => app.close());
  database?.start();
  await app.listen();
  return { app, publisher, server, database };
}

const scheduleOf = ({
  RETRY_TIERS_MS: retryTiersMs,
  OUTSIDE_TIERS_MS: outsideTiersMs,
  OUTSIDE_FOR_SECONDS,
}: Config) => {
  const outsideForMs = Object.fromEntries(
    Object.entries(OUTSIDE_FOR_SECONDS).map(([queue, seconds]) => [queue, seconds * 1_000]),
  );
  return { retryTiersMs, outsideTiersMs, outsideForMs };
};

const hasDatabase = (config: Config): config is Config & DatabaseConfig => config.DATABASE_URL !== undefined;

/** Loads the database driver only for services with a database, because it costs memory. */
async function databaseOf(config: Config & DatabaseConfig, outlet: Outlet, name: string): Promise<Database> {
  const { openDatabase } = await import('./database.js');
  return openDatabase(config, outlet, name);
}

async function watch(app: INestMicroservice, invariants: readonly Invariant[]): Promise<Stop> {
  const { Pool } = await import('pg');
  const end = watchInvariants(app.get(Pool), invariants);
  return async () => end();
}

async function pulse(
  service: string,
  { app, publisher, server, database }: Opened,
  invariants: readonly Invariant[] | undefined,
): Promise<Stop> {
  const verdicts = invariants && (await verdictsFrom(app, invariants));
  return startPulse({ service, publisher, database: database?.vitals, invariants: verdicts }, server.senders.user);
}

async function verdictsFrom(app: INestMicroservice, invariants: readonly Invariant[]) {
  const { Pool } = await import('pg');
  const pool = app.get(Pool);
  return () => verdictsOf(pool, invariants);
}

interface Parts {
  module: Type;
  shared: DynamicModule[];
  server: MessageServer;
  logger: ServiceLogger;
}

class ServiceModule {}

async function createApp({ module, shared, server, logger }: Parts): Promise<INestMicroservice> {
  const root: DynamicModule = { module: ServiceModule, imports: [...shared, module] };
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(root, {
    strategy: server,
    logger,
    abortOnError: false,
  });
  app.useGlobalFilters(new RethrowFilter());
  return app;
}

function aboutMessage(): Record<string, unknown> {
  const message = currentMessage();
  return message ? { correlationId: message.correlationId, messageType: message.type } : {};
}
