import { setTimeout as pause } from 'node:timers/promises';
import {
  canStartBroker,
  depth,
  eventually,
  createServiceUsers,
  privateBroker,
  startSystem,
  testBroker,
  type PrivateBroker,
  type ProcessSystem,
} from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyQueueIsEmpty, expectInvariants } from './invariants.js';
import { everybodyMisses, processesOf, recovery } from './recovery.js';
import { ADMIN, inParallel, Shop } from './shop.js';

const ORDERS = 200;
const WIDTH = 32;
/** Long enough for the broker to be back before the first window ends. */
const WINDOW_SECONDS = 45;
const WINDOW_QUEUE = `orders.payment-window.${WINDOW_SECONDS * 1_000}`;
/** The sweep does not look for lost timers earlier, so what is cancelled before it was cancelled by its timer. */
const SWEEP_AFTER_MS = 3_000;
/** From the broker's return to a shop that sells, with nobody's help. */
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

  /** Orders that wait for their payment, with nothing else under way. */
  async function waitingOrders(): Promise<string[]> {
    const ids = await inParallel(ORDERS, WIDTH, () => shop.placeForSure(customer, 'TEE'));
    await inParallel(ORDERS, WIDTH, (i) => shop.reaches(customer, ids[i]!, 'awaiting_payment'));
    await everyQueueIsEmpty(system);
    return ids;
  }

  /** The same vhost, with the topology and the users: made if they are not there. */
  const reconnect = async () => {
    system.broker = await testBroker({ server, vhost: system.broker.vhost });
    await createServiceUsers(system.broker);
  };

  /** The ids of the timers that the broker holds. They go back into their queue, each with what is left of its time. */
  async function waitingTimers(): Promise<string[]> {
    const channel = await system.broker.connection.createChannel();
    const ids: string[] = [];
    for (let timer = await channel.get(WINDOW_QUEUE); timer; timer = await channel.get(WINDOW_QUEUE))
      ids.push(String(timer.properties.messageId));
    await channel.close();
    return ids;
  }

  /** How many of these messages orders has handled, by its inbox: the sweep works without them. */
  async function handled(ids: string[]): Promise<number> {
    const { rows } = await system.databases.orders.pool.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM inbox WHERE id = ANY($1)',
      [ids],
    );
    return rows[0]!.n;
  }

  /** How late each of them was cancelled, in ms; fails as long as one is not. */
  async function lateness(ids: string[]): Promise<number[]> {
    const { rows } = await system.databases.orders.pool.query<{ ms: number }>(
      `SELECT extract(epoch FROM h.at - o.pay_by)::float8 * 1000 AS ms FROM orders o JOIN order_history h ON h.order_id = o.id AND h.type = 'order.cancelled'
       WHERE o.id = ANY($1) AND o.reason = 'payment_timeout' ORDER BY 1`,
      [ids],
    );
    expect(rows).toHaveLength(ids.length);
    return rows.map(({ ms }) => ms);
  }

  it('a broker that is killed and comes back forgets no timer, and the shop sells again within ten seconds', async () => {
    const ids = await waitingOrders();
    const timers = await waitingTimers();
    expect(timers.length).toBeGreaterThanOrEqual(ORDERS);
    await pause(1_000); // a queue made less than a second before a kill -9 can be lost
    const processes = processesOf(system);
    await server.kill();
    await everybodyMisses(system);
    const [{ readyAfterMs, placedAfterMs, payableAfterMs, orderId }] = await Promise.all([
      recovery(system, shop, customer, 'TEE'),
      server.start(),
    ]);
    expect(processesOf(system)).toEqual(processes);
    await reconnect();
    await shop.cancel(customer, orderId);
    console.log(
      `after a broker's return everything was ready after ${readyAfterMs} ms, an order was placed after ${placedAfterMs} ms and could be paid after ${payableAfterMs} ms`,
    );
    expect(Math.max(readyAfterMs, payableAfterMs)).toBeLessThan(RECOVERS_WITHIN_MS);
    const late = await eventually(() => lateness(ids), { withinMs: 60_000 });
    await eventually(async () => expect(await handled(timers)).toBe(timers.length), { withinMs: 60_000 });
    console.log(
      `${ORDERS} windows over a broker's death ended late by p50 ${Math.round(late[ORDERS / 2]!)} ms, at most ${Math.round(late.at(-1)!)} ms`,
    );
    await expectInvariants(system);
  }, 240_000);

  it('a broker that loses its disk loses no cancellation: the sweep finds them all', async () => {
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
