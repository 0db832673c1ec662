import { AllotmentReturned, CreateSale, type Data, OrderPaid, type PlaceOrder, StockAllotted } from '@sluice/contracts';
import { newId } from '@sluice/persistence';
import { eventually, type TestBroker, testBroker, type TestDatabase, testDatabase } from '@sluice/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADDRESS, newSale } from './testing/given.js';
import { inMs, openShop, sent, type Shop, ticket, TIERS_MS, users } from './testing/running.js';

/**
 * Inventory and orders are not running: requests to them stay in their queues. Two processes sweep the database every
 * 100 ms.
 */
let broker: TestBroker;
let database: TestDatabase;
let shop: Shop;
beforeAll(async () => {
  [broker, database] = await Promise.all([testBroker({ tiersMs: TIERS_MS }), testDatabase('flash-sale')]);
  shop = openShop({ AMQP_URL: broker.url, DATABASE_URL: database.url, OVERDUE_SWEEP_MS: '100' }, eventually);
  await Promise.all([shop.start(), shop.start()]);
});
afterAll(async () => {
  await shop?.close();
  await Promise.all([broker?.close(), database?.close()]);
});

/** Requests to a service about a sale since the last call. */
const requestsToInventory = async (saleId: string) =>
  (await sent<{ saleId: string; quantity: number; returned?: number }>(broker, 'inventory.commands'))
    .filter(({ data }) => data.saleId === saleId)
    .map(({ type, data: { quantity, returned } }) => ({ type, quantity, returned }));
const requestsToOrders = async (saleId: string) =>
  (await sent<Data<typeof PlaceOrder>>(broker, 'orders.commands'))
    .map(({ data }) => data)
    .filter(({ flashSale }) => flashSale?.id === saleId);

const sixMinutesPass = {
  forSale: (id: string) =>
    database.pool.query(
      `UPDATE sales SET waiting_since = waiting_since - interval '6 minutes',
         asked_at = asked_at - interval '6 minutes' WHERE id = $1`,
      [id],
    ),
  forWins: (id: string) =>
    database.pool.query(
      `UPDATE claims SET won_at = won_at - interval '6 minutes',
         asked_at = asked_at - interval '6 minutes' WHERE sale_id = $1`,
      [id],
    ),
};

const create = async (): Promise<string> =>
  (
    await shop.client.request(
      CreateSale,
      newSale({ saleId: newId(), opensAt: inMs(600_000), closesAt: inMs(900_000) }),
      { deadlineMs: 10_000 },
    )
  ).id;

/** Resolves when the processes have swept twice more: all that was due before is sent again. */
async function swept(): Promise<void> {
  for (let times = 0; times < 2; times++) {
    const id = await create();
    await sixMinutesPass.forSale(id);
    await eventually(async () =>
      expect(
        await database.pool.query(`SELECT FROM sales WHERE id = $1 AND asked_at > now() - interval '1 minute'`, [id]),
      ).toMatchObject({ rowCount: 1 }),
    );
    await shop.send(StockAllotted({ saleId: id, sku: 'TEE', version: 1, quantity: 2 }));
  }
}

const ALLOT = { type: 'inventory.allot', quantity: 2, returned: undefined };

it('requests the pieces of a sale from inventory again after too long, once, and not when they are allotted', async () => {
  const id = await create();
  await swept();
  expect(await requestsToInventory(id)).toEqual([ALLOT]);
  await sixMinutesPass.forSale(id);
  await swept();
  expect(await requestsToInventory(id)).toEqual([ALLOT]);
  await shop.send(StockAllotted({ saleId: id, sku: 'TEE', version: 1, quantity: 2 }));
  await eventually(async () => expect(await shop.see(id)).toMatchObject({ state: 'scheduled' }));
  await sixMinutesPass.forSale(id);
  await swept();
  expect(await requestsToInventory(id)).toEqual([]);
});

it('repeats the return at the close to inventory, until inventory has confirmed all of it', async () => {
  const { id, sku } = await shop.allotted({ quantity: 3, closesAt: inMs(1_000) });
  await eventually(async () => expect(await shop.see(id)).toMatchObject({ state: 'closed' }));
  await eventually(async () =>
    expect((await database.pool.query(`SELECT state, returned FROM sales WHERE id = $1`, [id])).rows).toEqual([
      { state: 'closed', returned: 3 },
    ]),
  );
  await swept();
  const first = { type: 'inventory.return-allotment', quantity: 3, returned: 3 };
  expect(await requestsToInventory(id)).toEqual([{ ...ALLOT, quantity: 3 }, first]);
  await sixMinutesPass.forSale(id);
  await swept();
  expect(await requestsToInventory(id)).toEqual([first]);
  await shop.send(AllotmentReturned({ saleId: id, sku, quantity: 3, returned: 3, version: 2 }));
  await eventually(async () =>
    expect(
      (await database.pool.query(`SELECT returned_confirmed, waiting_since FROM sales WHERE id = $1`, [id])).rows,
    ).toEqual([{ returned_confirmed: 3, waiting_since: null }]),
  );
  await database.pool.query(`UPDATE sales SET asked_at = now() - interval '1 day' WHERE id = $1`, [id]);
  await swept();
  expect(await requestsToInventory(id)).toEqual([]);
});

it('places the order of a win without a fact about it again, with the very same order, once, and not when it is paid', async () => {
  const { id } = await shop.allotted({ quantity: 2 });
  const [ada] = users(1) as [string];
  await shop.send(ticket(id, ada), ticket(id, users(1)[0]!));
  const orders = await eventually(async () => {
    await expect(
      database.pool.query('SELECT FROM claims WHERE sale_id = $1 AND win IS NOT NULL', [id]),
    ).resolves.toMatchObject({ rowCount: 2 });
    await expect(database.pool.query('SELECT FROM outbox')).resolves.toMatchObject({ rowCount: 0 });
  }).then(() => requestsToOrders(id));
  expect(orders).toHaveLength(2);
  const { orderId } = orders.find(({ userId }) => userId === ada)!;
  await shop.send(
    OrderPaid({
      orderId,
      userId: ada,
      version: 3,
      flashSaleId: id,
      lines: [],
      allocation: [],
      total: { amount: 500, currency: 'EUR' },
      address: ADDRESS,
    }),
  );
  await eventually(async () => expect(await shop.see(id)).toMatchObject({ held: 1, sold: 1 }));
  await swept();
  expect(await requestsToOrders(id)).toEqual([]);
  await sixMinutesPass.forWins(id);
  await swept();
  expect(await requestsToOrders(id)).toEqual(orders.filter(({ userId }) => userId !== ada));
});
