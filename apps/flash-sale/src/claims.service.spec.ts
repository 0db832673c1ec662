import {
  FindDecidedClaims,
  ClaimDecided,
  type Data,
  OrderCancelled,
  OrderPaid,
  OrderRejected,
  type PlaceOrder,
  SaleChanged,
  SaleProgress,
  StockReleased,
} from '@sluice/contracts';
import { newId } from '@sluice/persistence';
import {
  deadLetters,
  depth,
  eventually,
  facts,
  type Facts,
  type TestBroker,
  testBroker,
  type TestDatabase,
  testDatabase,
} from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openShop, sent, type Shop, ticket, TIERS_MS, users } from './testing/running.js';

let broker: TestBroker;
let database: TestDatabase;
let received: Facts;
let shop: Shop;
beforeAll(async () => {
  [broker, database] = await Promise.all([testBroker({ tiersMs: TIERS_MS }), testDatabase('flash-sale')]);
  received = await facts(broker);
  shop = openShop({ AMQP_URL: broker.url, DATABASE_URL: database.url }, eventually);
  await Promise.all([shop.start(), shop.start()]);
});
afterAll(async () => {
  await shop?.close();
  await Promise.all([broker?.close(), database?.close()]);
});

const LONG = { withinMs: 60_000 };
const decided = (saleId: string, count?: number) => received.of(ClaimDecided, (each) => each.saleId === saleId, count);
const ordersOf = async (saleId: string) =>
  (await sent<Data<typeof PlaceOrder>>(broker, 'orders.commands'))
    .map(({ data }) => data)
    .filter(({ flashSale }) => flashSale?.id === saleId);
const counters = async (saleId: string) => {
  const { state, round, remaining, held, sold } = await shop.see(saleId);
  return { state, round, remaining, held, sold };
};
const rowsOf = async (saleId: string) =>
  (
    await database.pool.query<{ lost: string | null; n: number }>(
      'SELECT lost, count(*)::int AS n FROM claims WHERE sale_id = $1 AND version > 0 GROUP BY 1',
      [saleId],
    )
  ).rows;

const untilDrained = async (saleId: string, drained: number) =>
  eventually(async () => {
    const { rows } = await database.pool.query(
      'SELECT drained, (SELECT count(*)::int FROM outbox) AS outbox FROM sales WHERE id = $1',
      [saleId],
    );
    expect(rows).toEqual([{ drained, outbox: 0 }]);
  }, LONG);

/** The data of other services' facts about an order of this sale. */
const about = (saleId: string, userId: string, orderId: string) => ({
  orderId,
  userId,
  version: 1,
  flashSaleId: saleId,
});
const cancelled = (fact: ReturnType<typeof about>) =>
  OrderCancelled({ ...fact, lines: [], allocation: [], reason: 'payment_timeout' });
const released = (fact: ReturnType<typeof about>) => StockReleased({ ...fact, allocation: [] });

describe('two processes side by side', () => {
  it('sell 50 pieces to exactly 50 of 2,000 users, publish each result, and do not flood subscribers', async () => {
    const { id } = await shop.allotted({ quantity: 50 });
    const crowd = users(2_000);
    const began = Date.now();
    await shop.send(...crowd.map((userId) => ticket(id, userId)));
    await untilDrained(id, 2_000);
    const beats = (Date.now() - began) / 500;
    const orders = await ordersOf(id);
    expect([
      orders.length,
      new Set(orders.map(({ orderId }) => orderId)).size,
      new Set(orders.map(({ userId }) => userId)).size,
    ]).toEqual([50, 50, 50]);
    expect(await rowsOf(id)).toEqual(
      expect.arrayContaining([
        { lost: null, n: 50 },
        { lost: 'sold_out', n: 1_950 },
      ]),
    );
    expect(await counters(id)).toEqual({ state: 'sold-out', round: 1, remaining: 0, held: 50, sold: 0 });
    await eventually(() => decided(id, 2_000));
    expect(new Set(decided(id).map(({ userId }) => userId))).toEqual(new Set(crowd));
    expect(
      new Set(
        decided(id)
          .filter(({ status }) => status === 'won')
          .map(({ orderId }) => orderId),
      ),
    ).toEqual(new Set(orders.map(({ orderId }) => orderId)));
    await eventually(() =>
      expect(received.of(SaleProgress, ({ saleId }) => saleId === id).at(-1)).toMatchObject({ drained: 2_000 }),
    );
    expect(received.of(SaleProgress, ({ saleId }) => saleId === id).length).toBeLessThanOrEqual(beats + 3);
    // Created, allotted, sold out, and the regular reports.
    expect(received.of(SaleChanged, (sale) => sale.id === id).length).toBeLessThanOrEqual(beats + 6);
  }, 90_000);

  it('decide a ticket once, however often it is sent', async () => {
    const { id } = await shop.allotted({ quantity: 5 });
    const [userId] = users(1) as [string];
    await shop.send(...Array.from({ length: 40 }, () => ticket(id, userId)));
    await untilDrained(id, 40);
    const [order, ...others] = await ordersOf(id);
    expect(others).toEqual([]);
    expect(decided(id)).toMatchObject([{ userId, round: 1, status: 'won', orderId: order!.orderId }]);
    expect(await counters(id)).toMatchObject({ remaining: 4, held: 1 });
    expect(await shop.result(id, userId)).toEqual({ status: 'won', orderId: order!.orderId });
  });

  it('sell a piece that comes back in a new round, once, though every fact is delivered twice', async () => {
    const { id } = await shop.allotted({ quantity: 1 });
    const [ada, bob] = users(2) as [string, string];
    await shop.send(ticket(id, ada));
    await untilDrained(id, 1);
    await shop.send(ticket(id, bob));
    await untilDrained(id, 2);
    const { orderId } = (await ordersOf(id))[0]!;
    const order = about(id, ada, orderId);
    await shop.send(cancelled(order));
    await shop.send(released(order), released(order), cancelled(order));
    await eventually(async () =>
      expect(await counters(id)).toEqual({ state: 'open', round: 2, remaining: 1, held: 0, sold: 0 }),
    );
    await eventually(async () =>
      expect(await shop.result(id, ada)).toEqual({ status: 'expired', orderId, reason: 'payment_timeout' }),
    );
    await shop.send(
      OrderPaid({
        ...order,
        lines: [],
        allocation: [],
        total: { amount: 500, currency: 'EUR' },
        address: { name: 'a', street: 'b', city: 'c', postcode: 'd', country: 'GB' },
      }),
    );
    expect(await shop.result(id, bob, 2)).toEqual({ status: 'waiting' });
    const tickets = [ada, bob].flatMap((userId) => [1, 2].map((round) => ({ saleId: id, userId, round })));
    const { decided: known } = await shop.client.request(FindDecidedClaims, { tickets }, { deadlineMs: 10_000 });
    expect(known.map(({ userId, round }) => [userId, round]).toSorted()).toEqual(
      [
        [ada, 1],
        [bob, 1],
      ].toSorted(),
    );
    await shop.send(ticket(id, ada, 2));
    await shop.send(ticket(id, bob, 2));
    await untilDrained(id, 4);
    expect(await shop.result(id, bob, 2)).toMatchObject({ status: 'won' });
    expect(await shop.result(id, ada, 2)).toEqual({ status: 'lost', reason: 'already_won' });
    expect(await counters(id)).toEqual({ state: 'sold-out', round: 2, remaining: 0, held: 1, sold: 0 });
    expect(
      decided(id)
        .map(({ round, status }) => `${round} ${status}`)
        .sort(),
    ).toEqual(['1 expired', '1 lost', '1 won', '2 lost', '2 won']);
  });

  it('identify a sale, a user and an order by any spelling of their ids', async () => {
    const { id } = await shop.allotted({ saleId: newId().toUpperCase(), quantity: 1 });
    const [ada] = users(1) as [string];
    await shop.send(ticket(id.toUpperCase(), ada.toUpperCase()));
    await untilDrained(id, 1);
    await shop.send(ticket(id, ada));
    await untilDrained(id, 2);
    const [order, ...others] = await ordersOf(id);
    expect(others).toEqual([]);
    const fact = about(id.toUpperCase(), ada.toUpperCase(), order!.orderId.toUpperCase());
    await shop.send(cancelled(fact), released(fact));
    await eventually(async () => expect(await counters(id)).toMatchObject({ remaining: 1, held: 0 }));
    expect(await shop.result(id, ada)).toEqual({
      status: 'expired',
      orderId: order!.orderId,
      reason: 'payment_timeout',
    });
  });

  it('decide claims of a sale without a record', async () => {
    const [saleId, userId] = users(2) as [string, string];
    await shop.send(ticket(saleId, userId));
    await eventually(async () =>
      expect(await shop.result(saleId, userId)).toEqual({ status: 'lost', reason: 'no_such_sale' }),
    );
  });

  it('ignore orders that belong to no sale', async () => {
    const order = { orderId: newId(), userId: newId(), version: 1, lines: [], allocation: [] };
    const { id } = await shop.allotted();
    await shop.send(
      OrderRejected({ ...order, reason: 'out_of_stock' }),
      OrderCancelled({ ...order, reason: 'customer' }),
      StockReleased({ ...order }),
    );
    await shop.send(OrderCancelled({ ...order, flashSaleId: id, reason: 'customer' }));
    const letters = await eventually(async () => {
      const found = await deadLetters(broker, 'flash-sale.events');
      expect(found).not.toEqual([]);
      return found;
    });
    expect(letters.map(({ headers }) => headers['reason'])).toEqual([
      `PermanentError: order ${order.orderId} is from no win in sale ${id}`,
    ]);
  });
});

describe('waiting claims', () => {
  /** The management API lists connections some seconds late. */
  async function closeMoreThan(some: number): Promise<void> {
    let closed = 0;
    await eventually(async () => expect((closed += await broker.management.closeConnections())).toBeGreaterThan(some));
  }

  it('are each decided once when the connection breaks meanwhile', async () => {
    const { id } = await shop.allotted({ quantity: 10 });
    const crowd = users(600);
    const other = await database.pool.connect();
    await other.query('BEGIN');
    await other.query('SELECT FROM sales WHERE id = $1 FOR UPDATE', [id]);
    try {
      await shop.send(...crowd.map((userId) => ticket(id, userId)));
      // Some are unacknowledged by now: the queue holds fewer than were sent.
      await eventually(async () => expect(await depth(broker, 'flash-sale.claims')).toBeLessThan(600));
      await closeMoreThan(2);
    } finally {
      await other.query('ROLLBACK');
      other.release();
    }
    await untilDrained(id, 600);
    expect(await rowsOf(id)).toEqual(
      expect.arrayContaining([
        { lost: null, n: 10 },
        { lost: 'sold_out', n: 590 },
      ]),
    );
    await eventually(async () => expect(new Set(decided(id).map(({ userId }) => userId))).toEqual(new Set(crowd)));
    expect(new Set((await ordersOf(id)).map(({ userId }) => userId)).size).toBe(10);
    expect(await deadLetters(broker, 'flash-sale.claims-again')).toEqual([]);
  }, 90_000);

  it('accepted before the close are decided after an outage that outlasts it, and unsold pieces are returned then', async () => {
    const closesAt = Date.now() + 2_500;
    const { id, sku } = await shop.allotted({ quantity: 3, closesAt: new Date(closesAt).toISOString() });
    await shop.stop();
    const [early, late] = [users(2), users(40)];
    await shop.sendAsOf(new Date(closesAt - 1).toISOString(), ...early.map((userId) => ticket(id, userId)));
    await shop.sendAsOf(new Date(closesAt).toISOString(), ...late.map((userId) => ticket(id, userId)));
    await eventually(() => expect(Date.now()).toBeGreaterThan(closesAt));
    await Promise.all([shop.start(), shop.start()]);
    await untilDrained(id, 42);
    expect(await rowsOf(id)).toEqual(
      expect.arrayContaining([
        { lost: null, n: 2 },
        { lost: 'closed', n: 40 },
      ]),
    );
    expect(await counters(id)).toMatchObject({ state: 'closed', remaining: 1, held: 2, sold: 0 });
    expect((await ordersOf(id)).map(({ userId }) => userId).sort()).toEqual([...early].sort());
    const returns = await eventually(async () => {
      const found = (await sent<{ saleId: string }>(broker, 'inventory.commands')).filter(
        ({ type, data }) => type === 'inventory.return-allotment' && data.saleId === id,
      );
      expect(found).not.toEqual([]);
      return found;
    });
    expect(returns).toEqual([
      { type: 'inventory.return-allotment', data: { saleId: id, sku, quantity: 1, returned: 1 } },
    ]);
  }, 30_000);

  it('are decided as closed after an outage that outlasts the close, when they contain no time of acceptance', async () => {
    const closesAt = Date.now() + 2_500;
    const { id, sku } = await shop.allotted({ quantity: 3, closesAt: new Date(closesAt).toISOString() });
    await shop.stop();
    const crowd = users(50);
    await shop.send(...crowd.map((userId) => ticket(id, userId)));
    await eventually(() => expect(Date.now()).toBeGreaterThan(closesAt));
    await Promise.all([shop.start(), shop.start()]);
    await untilDrained(id, 50);
    expect(await rowsOf(id)).toEqual([{ lost: 'closed', n: 50 }]);
    await eventually(async () =>
      expect(await counters(id)).toEqual({ state: 'closed', round: 1, remaining: 3, held: 0, sold: 0 }),
    );
    const returns = await eventually(async () => {
      const found = (await sent<{ saleId: string }>(broker, 'inventory.commands')).filter(
        ({ type, data }) => type === 'inventory.return-allotment' && data.saleId === id,
      );
      expect(found).not.toEqual([]);
      return found;
    });
    expect(returns).toEqual([
      { type: 'inventory.return-allotment', data: { saleId: id, sku, quantity: 3, returned: 3 } },
    ]);
  });
});
