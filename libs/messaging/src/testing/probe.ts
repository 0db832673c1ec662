import { Controller, Module, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { command, delivery, event, query, type Contract } from '@sluice/contracts';
import { z } from 'zod';
import { On, type Handler, type OnOptions } from '../on.js';
import { RethrowFilter } from '../rethrow-filter.js';
import { MessageServer, type MessageServerOptions } from '../server.js';

const N = z.object({ n: z.int() });
export const Happened = event('probe.happened', N);
export const Ignored = event('probe.ignored', N);
export const Do = command('probe.do', N, { reply: N });
export const Slow = command('probe.slow', N, { reply: N });
export const Ask = query('probe.ask', N, N);
export const Secret = command('probe.secret', N, { transient: true, reply: N });
/** Published to a bounded queue. */
export const Bounded = command('probe.knock', N, { bounded: true });
export const Nowhere = command('nobody.do', N);
export const Delivered = delivery('probe', N);

/** Topology of these tests. */
export const SERVICES = {
  probe: {
    events: [Happened, Ignored],
    commands: [Do],
    queries: [Ask, Secret],
    slow: [Slow],
    claims: [Bounded],
    deliveries: [Delivered],
  },
  watcher: { events: ['probe.*', 'sale.#'] },
};
export const TIERS_MS = [50, 100, 150];

interface Handled {
  contract: Contract;
  handle: (message: never) => Promise<unknown>;
  options: OnOptions;
}

export const handles = <C extends Contract>(contract: C, handle: Handler<C>, options: OnOptions = {}): Handled => ({
  contract,
  handle: handle as Handled['handle'],
  options,
});

export interface Running {
  app: INestMicroservice;
  server: MessageServer;
}

const running = new Set<INestMicroservice>();

/** Starts a service like a real one, a Nest application with `@On` methods, built from plain functions. */
export async function startService(
  { url }: { url: string },
  handled: Handled[],
  options: Partial<MessageServerOptions> = {},
): Promise<Running> {
  const server = new MessageServer({
    url,
    service: 'probe',
    schedule: { retryTiersMs: TIERS_MS },
    expected: [],
    ...options,
  });
  const app = await NestFactory.createMicroservice(moduleOf(handled), {
    strategy: server,
    logger: false,
    abortOnError: false,
  });
  app.useGlobalFilters(new RethrowFilter());
  running.add(app);
  await app.listen();
  return { app, server };
}

/** For `afterEach`: consumers of one test must not take messages of another. */
export async function stopServices(): Promise<void> {
  const all = [...running];
  running.clear();
  await Promise.all(all.map((app) => app.close()));
}

function moduleOf(handled: Handled[]): new () => object {
  class Listener {}
  handled.forEach(({ contract, handle, options }, index) => {
    const name = `handler${index}`;
    Object.defineProperty(Listener.prototype, name, {
      value: (message: never) => handle(message),
      configurable: true,
      writable: true,
    });
    const descriptor = Object.getOwnPropertyDescriptor(Listener.prototype, name) as TypedPropertyDescriptor<
      Handler<Contract>
    >;
    On(contract, options)(Listener.prototype, name, descriptor);
  });
  Controller()(Listener);
  class Probe {}
  Module({ controllers: [Listener] })(Probe);
  return Probe;
}
