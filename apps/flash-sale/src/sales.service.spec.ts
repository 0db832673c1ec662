import {
  ClaimDecided,
  CloseSale,
  CreateSale,
  GetSale,
  ListSales,
  SaleChanged,
  StockAllotmentRefused,
  type NewSale,
} from '@sluice/contracts';
import { newId } from '@sluice/persistence';
import {
  eventually,
  facts,
  type Facts,
  type TestBroker,
  testBroker,
  type TestDatabase,
  testDatabase,
} from '@sluice/testing';
import type { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newSale } from './testing/given.js';
import { inMs, openShop, sent, type Shop, ticket, TIERS_MS, users } from './testing/running.js';

let broker: TestBroker;
let database: TestDatabase;
let received: Facts;
let shop: Shop;
beforeAll(async () => {
  [broker, database] = await Promise.all([testBroker({ tiersMs: TIERS_MS }), testDatabase('flash-sale')]);
  received = await facts(broker);
  shop = openShop({ AMQP_URL: broker.url, DATABASE_URL: database.url }, eventually);
  await shop.start();
});
afterAll(async () => {
  await shop?.close();
  await Promise.all([broker?.close(), database?.close()]);
});

const WITHIN = { deadlineMs: 10_000 };
const problem = (status: number) => ({ problem: { status } });
const fresh = (change: Partial<z.output<typeof NewSale>> = {}) =>
  newSale({ saleId: newId(), opensAt: inMs(600_000), closesAt: inMs(900_000), ...change });
const create = (sale: ReturnType<typeof fresh>) => shop.client.request(CreateSale, sale, WITHIN);
const get = (saleId: string, anyState = false) => shop.client.request(GetSale, { saleId, anyState }, WITHIN);
const states = (saleId: string) => received.of(SaleChanged, ({ id }) => id === saleId).map(({ state }) => state);
const requestsToInventory = async (saleId: string) =>
  (await sent<{ saleId: string; quantity: number }>(broker, 'inventory.commands'))
    .filter(({ data }) => data.saleId === saleId)
    .map(({ type, data }) => [type, data.quantity]);

describe('creating a sale', () => {
  it('sends inventory one request for repeated creations, and refuses other details', async () => {
    const sale = fresh();
    const answers = await Promise.all(Array.from({ length: 10 }, () => create(sale)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ id: sale.saleId, state: 'preparing', version: 1 });
    await expect(create({ ...sale, quantity: 9 })).rejects.toMatchObject(problem(409));
    await eventually(() => expect(states(sale.saleId)).toEqual(['preparing']));
    expect(await requestsToInventory(sale.saleId)).toEqual([['inventory.allot', 2]]);
  });

  it('refuses a sale that is over, and stores nothing', async () => {
    const sale = fresh({ opensAt: inMs(-2_000), closesAt: inMs(-1_000) });
    await expect(create(sale)).rejects.toMatchObject(problem(422));
    await expect(get(sale.saleId, true)).rejects.toMatchObject(problem(404));
  });

  it('refuses a sale that lasts longer or opens later than the settings allow, and stores nothing', async () => {
    const sale = fresh({ closesAt: '9999-12-31T23:59:59Z' });
    await expect(create(sale)).rejects.toMatchObject({
      problem: { status: 422, detail: 'a sale closes at most 30 days after it opens' },
    });
    await expect(get(sale.saleId, true)).rejects.toMatchObject(problem(404));
  });
});

describe('closing a sale', () => {
  const close = (saleId: string) => shop.client.request(CloseSale, { saleId }, WITHIN);

  it('at the same time as claims: each claim is decided, each piece is won or returned once, and a repeat changes nothing', async () => {
    const { id } = await shop.allotted({ quantity: 70 });
    await shop.start();
    const claimants = users(61);
    const [first, , again] = await Promise.all([
      close(id),
      ...claimants.slice(1).map((user) => shop.send(ticket(id, user))),
    ]).then(async ([closed]) => [closed, await shop.send(ticket(id, claimants[0]!)), await close(id)]);
    await eventually(() => expect(received.of(ClaimDecided, ({ saleId }) => saleId === id)).toHaveLength(61));
    await eventually(async () =>
      expect(await database.pool.query('SELECT FROM outbox')).toMatchObject({ rowCount: 0 }),
    );
    const results = await Promise.all(claimants.map((user) => shop.result(id, user)));
    const won = results.filter(({ status }) => status === 'won').length;
    expect(results.filter(({ status }) => status !== 'won')).toEqual(
      Array(61 - won).fill({ status: 'lost', reason: 'closed' }),
    );
    expect(first).toMatchObject({ state: 'closed', held: won, remaining: 70 - won, closedAt: expect.any(String) });
    expect(again).toEqual({ ...first, version: expect.any(Number) });
    expect(await requestsToInventory(id)).toEqual([
      ['inventory.allot', 70],
      ['inventory.return-allotment', 70 - won],
    ]);
    expect(states(id).at(-1)).toBe('closed');
  });

  it('is 404 for an unknown sale', async () => {
    await expect(close(newId())).rejects.toMatchObject(problem(404));
  });
});

describe('queries for sales', () => {
  it('return a sale when its pieces are allotted, and never a refused one', async () => {
    const sale = fresh();
    await create(sale);
    await expect(get(sale.saleId)).rejects.toMatchObject(problem(404));
    await shop.send(StockAllotmentRefused({ saleId: sale.saleId, sku: sale.sku, version: 1, available: 1 }));
    await eventually(async () => expect(await get(sale.saleId, true)).toMatchObject({ state: 'refused' }));
    await expect(get(sale.saleId)).rejects.toMatchObject(problem(404));
    const { id } = await shop.allotted({ opensAt: inMs(600_000), closesAt: inMs(900_000) });
    expect(await get(id)).toMatchObject({ id, state: 'scheduled', remaining: 2, round: 0 });
  });

  it('list sales newest first, page by page, each once', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push((await shop.allotted()).id);
    await create(fresh());
    const pages = [await shop.client.request(ListSales, { limit: 2 }, WITHIN)];
    for (let next = pages[0]!.next; next && pages.length < 20; next = pages.at(-1)!.next)
      pages.push(await shop.client.request(ListSales, { limit: 2, cursor: next }, WITHIN));
    const listed = pages.flatMap(({ items }) => items.map(({ id }) => id));
    expect(listed.slice(0, 5)).toEqual(ids.reverse());
    expect(new Set(listed).size).toBe(listed.length);
    expect(
      pages.flatMap(({ items }) => items.filter(({ state }) => state === 'preparing' || state === 'refused')),
    ).toEqual([]);
    await expect(shop.client.request(ListSales, { cursor: 'nonsense' }, WITHIN)).rejects.toMatchObject(problem(422));
  });
});

describe('the clock', () => {
  it('opens and closes a sale at its times, once, and returns the pieces', async () => {
    const { id } = await shop.allotted({ opensAt: inMs(1_500), closesAt: inMs(3_000) });
    await shop.start();
    expect(await get(id)).toMatchObject({ state: 'scheduled' });
    const changes = () => received.of(SaleChanged, (sale) => sale.id === id).map(({ state, round }) => [state, round]);
    await eventually(() =>
      expect(changes()).toEqual([
        ['preparing', 0],
        ['scheduled', 0],
        ['open', 1],
      ]),
    );
    expect(await get(id)).toMatchObject({ state: 'open', round: 1 });
    await eventually(() =>
      expect(changes()).toEqual([
        ['preparing', 0],
        ['scheduled', 0],
        ['open', 1],
        ['closed', 1],
      ]),
    );
    const requests: unknown[] = [];
    await eventually(async () => expect(requests.push(...(await requestsToInventory(id)))).toBeGreaterThan(1));
    expect(requests).toEqual([
      ['inventory.allot', 2],
      ['inventory.return-allotment', 2],
    ]);
  });

  it('continues after a restart before the opening, and after one before the close', async () => {
    const [opensAt, closesAt] = [Date.now() + 1_500, Date.now() + 6_000];
    const { id } = await shop.allotted({
      opensAt: new Date(opensAt).toISOString(),
      closesAt: new Date(closesAt).toISOString(),
    });
    await shop.stop();
    expect(states(id)).not.toContain('open');
    await eventually(() => expect(Date.now()).toBeGreaterThan(opensAt));
    await Promise.all([shop.start(), shop.start()]);
    await eventually(() => expect(states(id).filter((state) => state === 'open')).toHaveLength(1));
    await shop.stop();
    expect(states(id)).not.toContain('closed');
    await eventually(() => expect(Date.now()).toBeGreaterThan(closesAt));
    await Promise.all([shop.start(), shop.start()]);
    await eventually(async () => expect(await get(id)).toMatchObject({ state: 'closed', remaining: 2 }));
    await eventually(() => expect(states(id).filter((state) => state === 'closed')).toHaveLength(1));
    const requests: unknown[] = [];
    await eventually(async () => expect(requests.push(...(await requestsToInventory(id)))).toBeGreaterThan(1));
    expect(requests).toEqual([
      ['inventory.allot', 2],
      ['inventory.return-allotment', 2],
    ]);
  });

  it('is applied to queries, also while no process can store the new state of a sale', async () => {
    const opensAt = Date.now() + 1_000;
    const { id } = await shop.allotted({ opensAt: new Date(opensAt).toISOString(), closesAt: inMs(900_000) });
    const other = await database.pool.connect();
    await other.query('BEGIN');
    await other.query('SELECT FROM sales WHERE id = $1 FOR UPDATE', [id]);
    await eventually(() => expect(Date.now()).toBeGreaterThan(opensAt));
    const [shown, { rows }] = [await get(id), await other.query('SELECT state FROM sales WHERE id = $1', [id])];
    await other.query('ROLLBACK');
    other.release();
    expect([shown.state, shown.round, rows]).toEqual(['open', 1, [{ state: 'scheduled' }]]);
  });
});

it.each([
  ['more pieces than there are', 'remaining = remaining + 1'],
  ['a sold piece that does not exist', 'held = -1, sold = sold + 3'],
  ['returns of an open sale', 'returned = 1'],
  ['an unknown state', "state = 'ajar'"],
  ['an opening with nothing to sell', "state = 'open', round = 1, remaining = 0, sold = quantity, held = 0"],
])('the database refuses a sale with %s', async (_, change) => {
  const { id } = await shop.allotted({ opensAt: inMs(600_000), closesAt: inMs(900_000) });
  await expect(database.pool.query(`UPDATE sales SET ${change} WHERE id = $1`, [id])).rejects.toThrow(
    'violates check constraint',
  );
});
