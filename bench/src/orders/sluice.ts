import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { EXCHANGES } from '@sluice/contracts';
import { freePort } from '@sluice/stack/ports';
import { runningPostgres, runningPostgresUrl } from '@sluice/stack/postgres/postgres';
import { runningNode } from '@sluice/stack/rabbitmq/rabbitmq';
import { ADDRESS, ADMIN, CARD, ShopClient } from '@sluice/stack/shop-client';
import { Shutdown } from '@sluice/stack/shutdown';
import type { StateDirectory } from '@sluice/stack/state-directory';
import type { Supervisor } from '@sluice/stack/services/supervisor';
import { startSystem } from '@sluice/stack/system';
import { factsIn } from '@sluice/testing';
import { connect } from 'amqplib';
import type { BenchRun } from '../benchmark.js';
import type { Parts } from '../processes.js';
import { PROFILING } from '../profile/report.js';
import { Completions } from './completions.js';
import { HttpClient } from './http.js';
import { CENTS, CUSTOMERS, PIECES, PRODUCTS, type PlacedOrder, type RunningSystem } from './system.js';
import { tokensOf } from './tokens.js';
import { walReader } from './wal.js';

/** The outside of every system answers at once; the carrier of Sluice can take its time. */
const SETTINGS = { CARRIER_DELAY_SECONDS: '0', UNPAID_ORDERS: '0', UNPAID_ORDERS_UNVERIFIED: '0', LOG_LEVEL: 'warn' };
/** Prices travel to orders as facts. */
const PRICES_ARRIVE_WITHIN_MS = 3_000;

/** Sluice, whose orders may all be for one product. */
export interface Sluice extends RunningSystem {
  /** @param product its index; by default each order is for the next one of all products */
  place(product?: number): Promise<PlacedOrder>;
  /** Places an order that is not paid, for the next customer. */
  placeUnpaid(): Promise<UnpaidOrder>;
  port: number;
  brokerUrl: string;
  /** Of PostgreSQL's administrator. */
  databaseUrl: string;
  supervisor: Supervisor;
  /** The processes as they are now. */
  partsNow(): Parts;
}

export interface UnpaidOrder {
  id: string;
  /** Token of its customer. */
  token: string;
  /** Resolves when the order is completed. */
  pay(): Promise<void>;
}

/** @param customers fewer of them are made faster */
export async function startSluice(run: BenchRun, { customers: count = CUSTOMERS } = {}): Promise<Sluice> {
  const { stateDirectory, progress, giveUp } = run;
  const shutdown = new Shutdown();
  await run.shutdown.add('Sluice', () => shutdown.stop());
  Object.assign(process.env, SETTINGS, run.profiles && { NODE_OPTIONS: PROFILING });
  const port = await freePort();
  const { broker, supervisor } = await startSystem({ stateDirectory, progress, shutdown, port, giveUp });
  const skus = await stockUp(`http://127.0.0.1:${port}`);
  const customers = await tokensOf(stateDirectory, count);
  const facts = await follow(broker.url);
  const http = new HttpClient(port);
  const databaseUrl = (await runningPostgresUrl(stateDirectory))!;
  let next = 0;
  const placeUnpaid = (product?: number): Promise<UnpaidOrder> => {
    const n = next++;
    return placeOrder(http, facts, skus[(product ?? n) % skus.length]!, customers[n % customers.length]!);
  };
  return {
    place: async (product) => ({ completed: (await placeUnpaid(product)).pay() }),
    placeUnpaid: () => placeUnpaid(),
    port,
    brokerUrl: broker.url,
    databaseUrl,
    supervisor,
    parts: partsOf(stateDirectory),
    partsNow: () => partsOf(stateDirectory),
    wal: await walReader(databaseUrl),
    stop: async () => {
      http.close();
      await facts.close();
      await shutdown.stop();
    },
  };
}

async function stockUp(url: string): Promise<string[]> {
  const shop = new ShopClient(url);
  const admin = await shop.signIn(ADMIN);
  const run = Date.now().toString(36).toUpperCase();
  const skus = Array.from({ length: PRODUCTS }, (_, index) => `BENCH-${run}-${index}`);
  for (const sku of skus) await shop.stock(admin, sku, { east: PIECES }, CENTS);
  await pause(PRICES_ARRIVE_WITHIN_MS);
  return skus;
}

interface Facts {
  payable: Completions;
  completed: Completions;
  close(): Promise<void>;
}

/** The load generator learns from the broker when an order can be paid and when it is completed. */
async function follow(url: string): Promise<Facts> {
  const connection = await connect(url, { noDelay: true });
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  const by = { 'order.awaiting_payment': new Completions(), 'order.completed': new Completions() };
  for (const key of Object.keys(by)) await channel.bindQueue(queue, EXCHANGES.events, key);
  await channel.consume(
    queue,
    (message) => {
      if (!message) return;
      for (const { type, data } of factsIn(message))
        by[type as keyof typeof by].arrive((data as { orderId: string }).orderId);
    },
    { noAck: true },
  );
  const close = () => connection.close();
  return { payable: by['order.awaiting_payment'], completed: by['order.completed'], close };
}

async function placeOrder(http: HttpClient, facts: Facts, sku: string, token: string): Promise<UnpaidOrder> {
  const authorization = { authorization: `Bearer ${token}` };
  const order = { lines: [{ sku, quantity: 1 }], address: ADDRESS };
  const key = { 'idempotency-key': randomUUID() };
  const { id } = await http.expect<{ id: string }>('POST', '/orders', order, { ...authorization, ...key });
  const pay = async (): Promise<void> => {
    await facts.payable.of(id);
    await http.expect('POST', `/orders/${id}/payment`, { card: CARD }, authorization);
    await facts.completed.of(id);
  };
  return { id, token, pay };
}

function partsOf(stateDirectory: StateDirectory): Parts {
  const services: Record<string, number[]> = {};
  for (const { service, pid } of stateDirectory.recall('services') ?? []) (services[service] ??= []).push(pid);
  const [postgres, rabbit] = [runningPostgres(stateDirectory), runningNode(stateDirectory)];
  return {
    ...services,
    ...(postgres && { PostgreSQL: [postgres.pid] }),
    ...(rabbit && { RabbitMQ: [rabbit.pid] }),
  };
}
