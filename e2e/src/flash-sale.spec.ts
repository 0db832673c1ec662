import { depth, eventually, startSystem, type System } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  claim,
  claimAll,
  claimants,
  openSale,
  results,
  saleOf,
  ticketOf,
  watchSums,
  type Outcome,
} from './flash-sale.js';
import { everyQueueIsEmpty, expectInvariants } from './invariants.js';
import { ADDRESS, ADMIN, inParallel, Shop } from './shop.js';

/** 1 is the full size, 20,000 users and 500 pieces, which `npm run load` runs; the default is a tenth. */
const SCALE = Number(process.env['FLASH_SALE_SCALE'] ?? 0.1);
const USERS = 20_000 * SCALE;
const PIECES = 500 * SCALE;
const WIDTH = 200;
/**
 * From the claim that wins: long enough for all others to claim, for all tickets to be read, and for two thirds of the
 * winners to pay in sequence, also on a machine that is busy with two other systems.
 */
const PAY_WITHIN_SECONDS = Math.ceil(16 + 40 * SCALE);
/** A fifth of the users fits into the queue at once. */
const QUEUE_LIMIT = USERS / 5;
const CLAIM_STATUSES = [202, 410, 429, 503];

const accepted = (outcomes: Outcome[]): Outcome[] => outcomes.filter(({ ticket }) => ticket !== undefined);
const tally = (values: (string | number)[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
};

describe('a flash sale', () => {
  let system: System;
  let shop: Shop;
  let admin: string;

  beforeAll(async () => {
    system = await startSystem({ FLASH_SALE_QUEUE_LIMIT: String(QUEUE_LIMIT) });
    shop = new Shop(system.url);
    admin = await shop.signIn(ADMIN);
    await shop.stock(admin, 'RUSH', { east: 50 * PIECES, west: 50 * PIECES });
    await shop.placeForSure(await shop.signIn(), 'RUSH').then(async (id) => shop.cancel(await shop.signIn(), id));
  });
  afterAll(() => system?.close());

  const pay = async ({ claimant }: Outcome, orderId: string) => {
    await shop.reachesEnd(claimant.token, orderId);
    await shop.payForSure(claimant.token, orderId);
  };
  const ordersOf = async (saleId: string, ...statuses: string[]) => {
    const { rows } = await system.databases.orders.pool.query<{ n: string }>(
      'SELECT count(*) AS n FROM orders WHERE flash_sale_id = $1 AND status = ANY($2)',
      [saleId, statuses],
    );
    return Number(rows[0]!.n);
  };

  it(`sells exactly ${PIECES} pieces to ${USERS} users, and every accepted claim gets its result`, async () => {
    const saleId = await openSale(shop, admin, { sku: 'RUSH', quantity: PIECES, payWithinSeconds: 300 });
    const sums = watchSums(system, saleId);
    const began = Date.now();
    const outcomes = await claimAll(shop, saleId, await claimants(system, USERS), WIDTH);
    const took = Date.now() - began;
    const tickets = accepted(outcomes);
    const ends = await results(shop, tickets, WIDTH);
    console.log(
      `${USERS} claims in ${took} ms: ${JSON.stringify(tally(outcomes.flatMap(({ answers }) => answers)))}; ` +
        `tickets ${JSON.stringify(tally(ends.map(({ status }) => status)))}`,
    );

    expect(outcomes.flatMap(({ answers }) => answers).filter((status) => !CLAIM_STATUSES.includes(status))).toEqual([]);
    expect(ends.filter(({ status }) => status === 'won')).toHaveLength(PIECES);
    await inParallel(
      tickets.length,
      WIDTH,
      async (i) => void (ends[i]!.status === 'won' && (await pay(tickets[i]!, ends[i]!.orderId!))),
    );
    await eventually(async () =>
      expect(await saleOf(shop, saleId)).toMatchObject({ state: 'sold-out', remaining: 0, held: 0, sold: PIECES }),
    );
    expect(await ordersOf(saleId, 'paid', 'shipped', 'completed')).toBe(PIECES);
    await sums();
    await expectInvariants(system);
  });

  it('sells unpaid pieces again, to later claims, while it is open', async () => {
    const saleId = await openSale(shop, admin, { sku: 'RUSH', quantity: PIECES, payWithinSeconds: PAY_WITHIN_SECONDS });
    const sums = watchSums(system, saleId);
    const first = accepted(await claimAll(shop, saleId, await claimants(system, PIECES * 3), WIDTH));
    const ends = await results(shop, first, WIDTH);
    const winners = first.filter((_, i) => ends[i]!.status === 'won');
    expect(tally(ends.map(({ status }) => status))).toMatchObject({ won: PIECES });
    const orders = ends.filter(({ status }) => status === 'won').map(({ orderId }) => orderId!);
    const late = Math.floor(PIECES / 3);
    await inParallel(PIECES - late, WIDTH, (i) => pay(winners[late + i]!, orders[late + i]!));

    await eventually(
      async () =>
        expect(await saleOf(shop, saleId)).toMatchObject({ state: 'open', remaining: late, sold: PIECES - late }),
      { withinMs: 120_000 },
    );
    for (const outcome of winners.slice(0, late))
      expect(await ticketOf(shop, outcome)).toMatchObject({ status: 'expired', reason: 'payment_timeout' });
    const loser = first.find((_, i) => ends[i]!.status === 'lost')!;
    const second = accepted([
      await claim(shop, saleId, loser.claimant),
      ...(await claimAll(shop, saleId, await claimants(system, late * 2), WIDTH)),
    ]);
    const seconds = await results(shop, second, WIDTH);
    expect(seconds.filter(({ status }) => status === 'won')).toHaveLength(late);
    await inParallel(
      second.length,
      WIDTH,
      async (i) => void (seconds[i]!.status === 'won' && (await pay(second[i]!, seconds[i]!.orderId!))),
    );
    await eventually(async () =>
      expect(await saleOf(shop, saleId)).toMatchObject({ state: 'sold-out', remaining: 0, held: 0, sold: PIECES }),
    );
    expect([await ordersOf(saleId, 'paid', 'shipped', 'completed'), await ordersOf(saleId, 'cancelled')]).toEqual([
      PIECES,
      late,
    ]);
    await sums();
    await expectInvariants(system);
  });

  it('queues exactly its limit of claims while they are not consumed, and loses none of them', async () => {
    const saleId = await openSale(shop, admin, { sku: 'RUSH', quantity: PIECES, payWithinSeconds: 300 });
    await system.stop('flash-sale');
    const crowd = await claimants(system, QUEUE_LIMIT + 200);
    const answers = await inParallel(crowd.length, WIDTH, (i) =>
      shop.call('POST', `/flash-sales/${saleId}/claims`, { token: crowd[i]!.token, body: { address: ADDRESS } }),
    );
    const taken = answers.flatMap(({ status, headers }, i) =>
      status === 202 ? [{ claimant: crowd[i]!, answers: [status], ticket: headers.get('location')! }] : [],
    );
    const refused = answers.filter(({ status }) => status === 429);
    console.log(
      `of ${crowd.length} claims on a queue of ${QUEUE_LIMIT}, ` +
        `${taken.length} were accepted and ${refused.length} refused`,
    );
    expect([taken.length, refused.length, await depth(system.broker, 'flash-sale.claims')]).toEqual([
      QUEUE_LIMIT,
      200,
      QUEUE_LIMIT,
    ]);
    expect(refused.every(({ headers }) => Number(headers.get('retry-after')) > 0)).toBe(true);

    await system.start('flash-sale');
    const ends = await results(shop, taken, WIDTH);
    expect(ends.filter(({ status }) => status === 'won')).toHaveLength(PIECES);
  });

  it('does not prevent other orders from being accepted, however long the queue is', async () => {
    const customer = await shop.signIn();
    const placeOrder = async (): Promise<{ status: number; ms: number }> => {
      const began = performance.now();
      const { status } = await shop.place(customer, 'RUSH');
      return { status, ms: performance.now() - began };
    };
    const quiet = await inParallel(200, 2, placeOrder);
    const saleId = await openSale(shop, admin, { sku: 'RUSH', quantity: PIECES, payWithinSeconds: 300 });
    let claiming = true;
    const spike = claimAll(shop, saleId, await claimants(system, USERS), WIDTH).finally(() => (claiming = false));
    const busy: Awaited<ReturnType<typeof placeOrder>>[] = [];
    while (claiming) busy.push(...(await inParallel(2, 2, placeOrder)));
    await spike;
    const p99 = (orders: typeof busy): number =>
      Math.round(orders.map(({ ms }) => ms).sort((a, b) => a - b)[Math.floor(orders.length * 0.99)]!);
    console.log(
      `p99 of placing an order: ${p99(quiet)} ms without load, ` +
        `${p99(busy)} ms (${busy.length} orders) while ${USERS} users claimed`,
    );
    expect([...quiet, ...busy].filter(({ status }) => status !== 201 && status !== 202)).toEqual([]);
  });

  it('returns all unsold stock at its close', async () => {
    const available = async () => (await shop.call<{ available: number }>('GET', '/products/RUSH')).body.available;
    await everyQueueIsEmpty(system);
    const before = await available();
    const saleId = await openSale(shop, admin, { sku: 'RUSH', quantity: PIECES, payWithinSeconds: 2, forMs: 4_000 });
    expect(await available()).toBe(before - PIECES);
    const [one] = accepted(await claimAll(shop, saleId, await claimants(system, 1), 1));
    await eventually(async () => expect(await ticketOf(shop, one!)).toMatchObject({ status: 'won' }));
    await eventually(
      async () => expect(await saleOf(shop, saleId)).toMatchObject({ state: 'closed', held: 0, sold: 0 }),
      { withinMs: 30_000 },
    );
    await eventually(async () => expect(await available()).toBe(before));
    expect((await claim(shop, saleId, (await claimants(system, 1))[0]!)).answers).toEqual([410]);
    await expectInvariants(system);
  });
});
