import { setTimeout as pause } from 'node:timers/promises';
import {
  canStartBroker,
  depth,
  eventually,
  factsIn,
  createServiceUsers,
  privateBroker,
  startSystem,
  testBroker,
  type PrivateBroker,
  type ProcessSystem,
} from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyQueueIsEmpty, expectInvariants } from './invariants.js';
import { everyServiceIsUnready, processesOf, recovery } from './recovery.js';
import { ADMIN, inParallel, Shop } from './shop.js';

const ORDERS = 200;
const WIDTH = 32;
/** Long enough for the broker to return before the first window ends. */
const WINDOW_SECONDS = 45;
const WINDOW_QUEUE = `orders.payment-window.${WINDOW_SECONDS * 1_000}`;
/** The sweep finds lost timers only after this time, so an order cancelled earlier was cancelled by its timer. */
const SWEEP_AFTER_MS = 3_000;
/** From the broker's return until an order can be paid, without an operator. */
const RECOVERS_WITHIN_MS = 10_000;

describe.skipIf(!canStartBroker)('while payment windows run', () => {
  let server: PrivateBroker;
  let system: ProcessSystem;
  let shop: Shop;
  let customer: string;

  beforeAll(async () => {
    server = await privateBroker();
    system = await startSystem(
      { PAYMENT_WINDOW_SECONDS: String(WINDOW_SECONDS) },
      { broker: await testBroker({ server }) },
    );
    shop = new Shop(system.url);
    customer = await shop.signIn();
    await shop.stock(await shop.signIn(ADMIN), 'TEE', { east: 5_000, west: 5_000 });
    await eventually(() =>
      shop
        .place(customer, 'TEE')
        .then(({ status, body }) =>
          status === 201 ? shop.cancel(customer, body.id) : Promise.reject(new Error(`answered ${status}`)),
        ),
    );
  }, 180_000);
  afterAll(async () => {
    await system?.close();
    await server?.close();
  }, 120_000);

  /** Places orders and waits until all await payment and every queue is empty. */
  async function waitingOrders(): Promise<string[]> {
    const ids = await inParallel(ORDERS, WIDTH, () => shop.placeForSure(customer, 'TEE'));
    await inParallel(ORDERS, WIDTH, (i) => shop.reaches(customer, ids[i]!, 'awaiting_payment'));
    await everyQueueIsEmpty(system);
    return ids;
  }

  /** Connects to the same vhost, and creates its topology and users if they are missing. */
  const reconnect = async () => {
    system.broker = await testBroker({ server, vhost: system.broker.vhost });
    await createServiceUsers(system.broker);
  };

  /** Message ids of the waiting timers. Each is requeued with the rest of its time when the channel closes. */
  async function waitingTimers(): Promise<string[]> {
    const channel = await system.broker.connection.createChannel();
    const ids: string[] = [];
    for (let timer = await channel.get(WINDOW_QUEUE); timer; timer = await channel.get(WINDOW_QUEUE))
      ids.push(...factsIn(timer).map(({ id }) => id));
    await channel.close();
    return ids;
  }

  /** Number of these messages in orders' inbox: a cancellation by the sweep leaves no inbox row. */
  async function handledCount(ids: string[]): Promise<number> {
    const { rows } = await system.databases.orders.pool.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM inbox WHERE id = ANY($1)',
      [ids],
    );
    return rows[0]!.n;
  }

  /** How late each order was cancelled, in ms; throws while one is not. */
  async function lateness(ids: string[]): Promise<number[]> {
    const { rows } = await system.databases.orders.pool.query<{ ms: number }>(
      `SELECT extract(epoch FROM h.at - o.pay_by)::float8 * 1000 AS ms
       FROM orders o JOIN order_history h ON h.order_id = o.id AND h.type = 'order.cancelled'
       WHERE o.id = ANY($1) AND o.reason = 'payment_timeout' ORDER BY 1`,
      [ids],
    );
    expect(rows).toHaveLength(ids.length);
    return rows.map(({ ms }) => ms);
  }

  it('a killed broker loses no timer, and the shop sells again within ten seconds of its return', async () => {
    const ids = await waitingOrders();
    const timers = await waitingTimers();
    expect(timers.length).toBeGreaterThanOrEqual(ORDERS);
    await pause(1_000); // a queue can be lost by a kill -9 within a second after its declaration
    const processes = processesOf(system);
    await server.kill();
    await everyServiceIsUnready(system);
    const [{ readyAfterMs, placedAfterMs, payableAfterMs, orderId }] = await Promise.all([
      recovery(system, shop, customer, 'TEE'),
      server.start(),
    ]);
    expect(processesOf(system)).toEqual(processes);
    await reconnect();
    await shop.cancel(customer, orderId);
    console.log(
      `after the broker's return every service was ready after ${readyAfterMs} ms, ` +
        `an order was placed after ${placedAfterMs} ms and could be paid after ${payableAfterMs} ms`,
    );
    expect(Math.max(readyAfterMs, payableAfterMs)).toBeLessThan(RECOVERS_WITHIN_MS);
    const late = await eventually(() => lateness(ids), { withinMs: 60_000 });
    await eventually(async () => expect(await handledCount(timers)).toBe(timers.length), { withinMs: 60_000 });
    console.log(
      `${ORDERS} windows across a broker crash ended late by p50 ${Math.round(late[ORDERS / 2]!)} ms, ` +
        `at most ${Math.round(late.at(-1)!)} ms`,
    );
    await expectInvariants(system);
  }, 240_000);

  it('a broker that loses its disk loses no cancellation: the sweep repairs them all', async () => {
    const ids = await waitingOrders();
    await server.kill();
    await server.wipe();
    await server.start();
    await reconnect();
    expect(await depth(system.broker, 'orders.commands')).toBe(0);
    const late = await eventually(() => lateness(ids), { withinMs: 90_000 });
    expect(late[0]).toBeGreaterThanOrEqual(SWEEP_AFTER_MS);
    await expectInvariants(system);
    expect((await shop.call<{ available: number }>('GET', '/products/TEE')).body.available).toBe(10_000);
  }, 240_000);
});
