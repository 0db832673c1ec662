import {
  CancelOrder,
  GetOrderChanges,
  ListOrders,
  PlaceOrder,
  ProductChanged,
  StockRejected,
  parcelIdOf,
} from '@sluice/contracts';
import { dependencies } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import { depth, eventually, testBroker, testDatabase, type TestBroker } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Request } from './placing.js';
import { RETRY_MS } from './testing/running.js';
import { EUR, newRequest, openScene, problem, storyOf, type Scene } from './testing/scene.js';

let scene: Scene;
let broker: TestBroker;
beforeAll(async () => {
  broker = await testBroker({ tiersMs: [RETRY_MS] });
  scene = await openScene({ broker, database: await testDatabase('orders'), eventually });
});
afterAll(() => scene?.stop());

const listOf = async ({ userId }: Request) => (await scene.request(ListOrders, { userId })).items.map(({ id }) => id);

describe('placing an order', () => {
  it('replies with the order, and publishes it once for several requests', async () => {
    const order = newRequest();
    const answer = await scene.place(order);
    expect(answer).toMatchObject({
      id: order.orderId,
      status: 'pending',
      total: EUR(3_800),
      lines: [{ name: 'T-shirt' }, { name: 'Mug' }],
    });
    expect(await scene.place(order)).toEqual(answer);
    expect(await scene.see(order)).toEqual(answer);
    await scene.everythingIsHandled();
    expect(scene.factsOf(order)).toEqual(['order.placed']);
  });

  it('publishes when the request was accepted, however long it has waited, and never a later time than now', async () => {
    const [waited, ahead] = [newRequest(), newRequest()];
    const anHourAgo = new Date(Date.now() - 3_600_000).toISOString();
    await scene.send(PlaceOrder(waited), { acceptedAt: anHourAgo });
    await scene.send(PlaceOrder(ahead), { acceptedAt: '2999-01-01T00:00:00.000Z' });
    await eventually(() => expect([waited, ahead].flatMap(scene.factsOf)).toEqual(['order.placed', 'order.placed']));
    expect(scene.messagesAbout(waited)[0]!.data).toMatchObject({ acceptedAt: anHourAgo });
    expect(scene.messagesAbout(ahead)[0]!.data).toMatchObject({ acceptedAt: (await scene.see(ahead)).placedAt });
  });

  it('accepts the first of many requests that arrive at once', async () => {
    const order = newRequest();
    const answers = await Promise.all(Array.from({ length: 20 }, () => scene.place(order)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    await scene.everythingIsHandled();
    expect(scene.factsOf(order)).toEqual(['order.placed']);
  });

  it('refuses another body under the same id, and keeps the order as it was', async () => {
    const order = newRequest();
    const answer = await scene.place(order);
    await expect(scene.place({ ...order, bodyHash: 'another', lines: [{ sku: 'MUG', quantity: 9 }] })).rejects.toEqual(
      problem(409),
    );
    expect(await scene.see(order)).toEqual(answer);
  });

  it('refuses an unknown SKU to a waiting caller, lists no order for it, and decides the same request again', async () => {
    const order = newRequest({ lines: [{ sku: 'NEW', quantity: 1 }] });
    for (const again of [1, 2]) await expect(scene.place(order), `${again}`).rejects.toEqual(problem(422));
    expect(await listOf(order)).toEqual([]);
    expect(await scene.rows('SELECT * FROM order_history WHERE order_id = $1', [order.orderId])).toEqual([]);
    await scene.send(ProductChanged({ sku: 'NEW', name: 'New', price: EUR(100), version: 1 }));
    await eventually(async () =>
      expect(await scene.place(order)).toMatchObject({ status: 'pending', total: EUR(100) }),
    );
    expect(await scene.timeline(order)).toEqual(['order.placed']);
    await scene.everythingIsHandled();
    expect(scene.factsOf(order)).toEqual(['order.placed']);
  });

  it('decides another body under the key of a refused request', async () => {
    const order = newRequest({ lines: [{ sku: 'NOPE', quantity: 1 }] });
    await expect(scene.place(order)).rejects.toEqual(problem(422));
    const other = { ...order, lines: [{ sku: 'TEE', quantity: 1 }], bodyHash: 'another' };
    expect(await scene.place(other)).toMatchObject({ status: 'pending' });
    expect(await listOf(order)).toEqual([order.orderId]);
  });

  it('queries inventory for products without a copy, and sells those that exist at their current price', async () => {
    scene.inventory.add({ sku: 'KITE', name: 'Kite', price: EUR(2_000), version: 3 });
    const lines = ['TEE', 'KITE'].map((sku) => ({ sku, quantity: 1 }));
    expect(await scene.place(newRequest({ lines }))).toMatchObject({
      total: EUR(3_500),
      lines: [{ name: 'T-shirt' }, { name: 'Kite' }],
    });
    await expect(scene.place(newRequest({ lines: [...lines, { sku: 'GHOST', quantity: 1 }] }))).rejects.toMatchObject({
      problem: { status: 422, skus: ['GHOST'] },
    });
    const shown = ['KITE', 'TEE'].map((sku) => ({ sku, name: `The ${sku}`, price: EUR(1), version: 1 }));
    const before = scene.inventory.lookups.length;
    expect(await scene.place(newRequest({ lines, shown }))).toMatchObject({
      total: EUR(2),
      lines: [{ name: 'The TEE' }, { name: 'The KITE' }],
    });
    expect(scene.inventory.lookups).toHaveLength(before);
  });

  const withoutInventory: [string, () => Promise<unknown>, () => Promise<unknown>][] = [
    ['is away', () => scene.inventory.stop(), () => scene.inventory.start()],
    [
      'answers 503',
      async () => (scene.inventory.problem = { title: 'Temporarily unavailable', status: 503 }),
      async () => (scene.inventory.problem = undefined),
    ],
  ];
  it.each(withoutInventory)(
    'keeps such orders waiting while inventory %s, delays no other order, and rejects none of them',
    async (_, breaks, cures) => {
      const sku = `LATE-${newId()}`;
      const [real, ghosts] = [
        newRequest({ lines: [{ sku, quantity: 1 }] }),
        [1, 2, 3, 4].map((n) => newRequest({ lines: [{ sku: `GHOST-${n}`, quantity: 1 }] })),
      ];
      await breaks();
      for (const order of [real, ...ghosts]) await scene.send(PlaceOrder(order));
      await eventually(() => expect(dependencies.isSick('inventory')).toBe(true), { withinMs: 20_000 });
      for (let count = 0; count < 3; count++)
        expect(await scene.place(newRequest())).toMatchObject({ status: 'pending' });
      await expect(scene.cancel(ghosts[0]!)).rejects.toEqual(problem(404));
      expect(
        await scene.rows('SELECT id FROM orders WHERE id = ANY($1) AND placed_at IS NOT NULL', [
          [real, ...ghosts].map(({ orderId }) => orderId),
        ]),
      ).toEqual([]);
      scene.inventory.add({ sku, name: 'Late', price: EUR(700), version: 1 });
      await cures();
      await scene.reaches(real, 'pending');
      expect(await scene.see(real)).toMatchObject({ total: EUR(700) });
      for (const ghost of ghosts)
        await eventually(async () =>
          expect(await scene.see(ghost)).toMatchObject({ status: 'rejected', reason: 'unknown_product' }),
        );
      for (const queue of ['orders.lookups', 'orders.lookups.dead', 'orders.commands.dead'])
        expect(await depth(broker, queue)).toBe(0);
    },
    60_000,
  );

  /** A refused request whose caller still waits, as far as orders can determine; the reply never arrives. */
  const refusedUnanswered = async () => {
    const order = newRequest({ lines: [{ sku: 'NOPE', quantity: 1 }] });
    await scene.send(PlaceOrder(order), { reply: { to: 'gone', id: '1' }, deadline: Date.now() + 60_000 });
    await eventually(async () =>
      expect(await scene.rows('SELECT placed_at FROM orders WHERE id = $1 AND version > 0', [order.orderId])).toEqual([
        { placed_at: null },
      ]),
    );
    return order;
  };

  const looks: [string, (order: Request) => Promise<unknown>, unknown][] = [
    [
      'reads it',
      (order) => scene.see(order),
      { status: 'rejected', reason: 'unknown_product', lines: [{ sku: 'NOPE', quantity: 1 }] },
    ],
    ['reads its timeline', (order) => scene.timeline(order), ['order.placed', 'order.rejected']],
    [
      'follows it',
      ({ orderId, userId }) => scene.request(GetOrderChanges, { orderId, userId }),
      {
        order: { status: 'rejected' },
        changes: [
          { type: 'order.placed' },
          { type: 'order.rejected', detail: { reason: 'unknown_product', skus: ['NOPE'] } },
        ],
      },
    ],
    [
      'cancels it',
      (order) => scene.cancel(order).catch((error: unknown) => error),
      { problem: { status: 409, detail: 'The order was rejected.' } },
    ],
  ];

  it.each(looks)(
    'shows a refused request as a rejected order when the reply to it was late and its customer %s',
    async (_, look, sees) => {
      const order = await refusedUnanswered();
      const answers = await Promise.all([look(order), look(order)]);
      for (const answer of answers) expect(answer).toMatchObject(sees as object);
      expect(await listOf(order)).toEqual([order.orderId]);
      expect(await scene.timeline(order)).toEqual(['order.placed', 'order.rejected']);
      expect(await scene.place(order)).toMatchObject({ status: 'rejected' });
      await scene.everythingIsHandled();
      expect(scene.factsOf(order)).toEqual(['order.rejected']);
    },
  );

  it('shows a refused request to no other user', async () => {
    const order = await refusedUnanswered();
    await expect(scene.see({ ...order, userId: newId() })).rejects.toEqual(problem(404));
    await expect(scene.cancel({ ...order, userId: newId() })).rejects.toEqual(problem(404));
    expect(await scene.rows('SELECT placed_at FROM orders WHERE id = $1', [order.orderId])).toEqual([
      { placed_at: null },
    ]);
  });

  it.each([
    ['no caller waits', {}],
    ['the caller has left', { reply: { to: 'gone', id: '1' }, deadline: Date.now() - 1 }],
  ])('stores an order with an unknown SKU as rejected when %s', async (_, about) => {
    const order = newRequest({ lines: [{ sku: 'NOPE', quantity: 1 }] });
    await scene.send(PlaceOrder(order), about);
    await eventually(async () =>
      expect(await scene.see(order)).toMatchObject({ status: 'rejected', reason: 'unknown_product' }),
    );
    await eventually(() => expect(scene.factsOf(order)).toEqual(['order.rejected']));
    expect(await scene.place(order)).toMatchObject({ status: 'rejected' });
  });

  it('stores refusals that have no caller, and makes no dead letters of them', async () => {
    const [order, { orderId, userId }] = [newRequest({ lines: [{ sku: 'NOPE', quantity: 1 }] }), newRequest()];
    await scene.send(PlaceOrder(order));
    await scene.send(CancelOrder({ orderId, userId }));
    await eventually(async () =>
      expect(
        await scene.rows('SELECT 1 FROM orders WHERE id = ANY($1) AND version > 0', [[orderId, order.orderId]]),
      ).toHaveLength(2),
    );
    await scene.everythingIsHandled();
    expect(await depth(broker, 'orders.commands.dead')).toBe(0);
  });

  it('stores an order with an unknown SKU as rejected when the caller leaves while the request waits for its row', async () => {
    const order = newRequest({ lines: [{ sku: 'NOPE', quantity: 1 }] });
    const deadline = Date.now() + 1_000;
    const other = await scene.pool.connect();
    await other.query('BEGIN');
    await other.query('INSERT INTO orders (id) VALUES ($1)', [order.orderId]);
    await scene.send(PlaceOrder(order), { reply: { to: 'gone', id: '1' }, deadline });
    await eventually(() => expect(Date.now()).toBeGreaterThan(deadline));
    await other.query('ROLLBACK');
    other.release();
    await eventually(async () =>
      expect(await scene.see(order)).toMatchObject({ status: 'rejected', reason: 'unknown_product' }),
    );
  });

  it('sells at the newest price, in whatever order prices arrive', async () => {
    const change = (version: number, amount: number) =>
      ProductChanged({ sku: 'PEN', name: 'Pen', price: EUR(amount), version });
    await scene.send(change(3, 300));
    await scene.send(change(2, 200));
    await scene.send(change(4, 400));
    await scene.send(change(1, 100));
    await eventually(async () =>
      expect(await scene.rows("SELECT amount::int, version FROM product_copies WHERE sku = 'PEN'")).toEqual([
        { amount: 400, version: 4 },
      ]),
    );
    await scene.send(ProductChanged({ sku: 'FENCE', name: 'Fence', price: EUR(1), version: 1 }));
    await eventually(async () =>
      expect(await scene.rows("SELECT 1 FROM product_copies WHERE sku = 'FENCE'")).toHaveLength(1),
    );
    expect(await scene.place(newRequest({ lines: [{ sku: 'PEN', quantity: 2 }] }))).toMatchObject({ total: EUR(800) });
  });
});

describe('an order', () => {
  it('stores its stock and its payable with one commit when both are there within some milliseconds', async () => {
    /** Facts are sent a confirm apart, which alone would be two commits; a busy machine may take too long for some. */
    const commits = async (): Promise<number> => {
      const order = newRequest();
      await scene.place(order);
      const [reserved, payable] = storyOf(order);
      await scene.send(reserved);
      await scene.send(payable);
      await scene.reaches(order, 'awaiting_payment');
      const entries = `SELECT DISTINCT xmin::text FROM order_history WHERE order_id = $1 AND type = ANY($2)`;
      return (await scene.rows(entries, [order.orderId, ['stock.reserved', 'order.awaiting_payment']])).length;
    };
    const counts: number[] = [];
    while (counts.length < 20 && counts.at(-1) !== 1) counts.push(await commits());
    expect(counts.at(-1)).toBe(1);
  });

  it('goes from pending to completed by the facts of other services, and its timeline lists the steps', async () => {
    const order = newRequest();
    await scene.place(order);
    const [reserved, payable, captured, ...parcels] = storyOf(order);
    await scene.send(reserved);
    await scene.send(payable);
    await scene.reaches(order, 'awaiting_payment');
    expect((await scene.see(order)).secondsLeft).toBeGreaterThan(1_700);
    await scene.send(captured);
    await scene.reaches(order, 'paid');
    for (const fact of parcels) await scene.send(fact);
    await scene.reaches(order, 'completed');
    expect(await scene.see(order)).toMatchObject({
      lines: [{ warehouse: 'west' }, { warehouse: 'west' }],
      parcels: [{ id: parcelIdOf(order.orderId, 'west'), status: 'delivered' }],
    });
    expect(await scene.timeline(order)).toEqual([
      'order.placed',
      'stock.reserved',
      'order.priced',
      'order.awaiting_payment',
      'order.paid',
      'parcel.created',
      'parcel.dispatched',
      'order.shipped',
      'parcel.delivered',
      'order.completed',
    ]);
  });

  it('is rejected when inventory has too little stock', async () => {
    const order = newRequest();
    await scene.place(order);
    await scene.send(
      StockRejected({
        orderId: order.orderId,
        userId: order.userId,
        version: 1,
        reason: 'out_of_stock',
        skus: ['TEE'],
      }),
    );
    await eventually(async () =>
      expect(await scene.see(order)).toMatchObject({ status: 'rejected', reason: 'out_of_stock' }),
    );
    await eventually(() => expect(scene.factsOf(order)).toEqual(['order.placed', 'order.rejected']));
  });

  it('is not changed by a second delivery of any message, even after all later ones', async () => {
    const order = newRequest();
    const story = [PlaceOrder(order), ...storyOf(order)].map((message) => ({ message, id: newId() }));
    await scene.send(story[0]!.message, { id: story[0]!.id });
    await eventually(() => scene.see(order));
    for (const { message, id } of [...story, ...story]) await scene.send(message, { id });
    await scene.reaches(order, 'completed');
    const state = () =>
      Promise.all([
        scene.rows('SELECT * FROM orders WHERE id = $1', [order.orderId]),
        scene.rows('SELECT * FROM order_history WHERE order_id = $1', [order.orderId]),
      ]);
    const [before, factsSent] = [await state(), scene.factsOf(order)];
    for (const { message, id } of story) await scene.send(message, { id });
    for (const { message } of story) await scene.send(message);
    await scene.everythingIsHandled();
    expect(await state()).toEqual(before);
    expect(scene.factsOf(order)).toEqual(factsSent);
    expect(factsSent).toEqual([
      'order.placed',
      'order.awaiting_payment',
      'order.paid',
      'order.shipped',
      'order.completed',
    ]);
  });

  it('loses no fact that arrives before the order', async () => {
    const order = newRequest();
    for (const fact of storyOf(order).reverse()) await scene.send(fact);
    await scene.everythingIsHandled();
    await scene.place(order);
    await scene.reaches(order, 'completed');
    await eventually(() =>
      expect(scene.factsOf(order)).toEqual([
        'order.placed',
        'order.awaiting_payment',
        'order.paid',
        'order.shipped',
        'order.completed',
      ]),
    );
  });
});
