import {
  CancelOrder,
  FindChangedOrders,
  GetOrder,
  GetOrderChanges,
  GetTimeline,
  ListOrders,
  StockRejected,
} from '@sluice/contracts';
import { newId } from '@sluice/persistence';
import { eventually, testBroker, testDatabase } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RETRY_MS } from './testing/running.js';
import { newRequest, openScene, problem, storyOf, type Scene } from './testing/scene.js';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({
    broker: await testBroker({ tiersMs: [RETRY_MS] }),
    database: await testDatabase('orders'),
    eventually,
  });
});
afterAll(() => scene?.stop());

describe('queries for orders', () => {
  afterEach(() => vi.useRealTimers());

  it.each([600, -600])(
    'return the seconds left in the window by the clock of the database, whatever the clock of the process (%i s off)',
    async (secondsOff) => {
      const order = newRequest();
      await scene.place(order);
      for (const fact of storyOf(order).slice(0, 2)) await scene.send(fact);
      await scene.reaches(order, 'awaiting_payment');
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + secondsOff * 1_000 });
      const seen = [
        await scene.see(order),
        (await scene.request(GetOrderChanges, order)).order,
        (await scene.request(ListOrders, { userId: order.userId })).items[0]!,
      ];
      for (const { secondsLeft } of seen) expect(Math.abs(secondsLeft! - 1_800)).toBeLessThan(60);
    },
  );

  it('return an order and its timeline to its owner and to an admin, to no other user', async () => {
    const order = newRequest();
    await scene.place(order);
    const { orderId } = order;
    const stranger = { orderId, userId: newId() };
    await expect(scene.request(GetOrder, stranger)).rejects.toEqual(problem(404));
    await expect(scene.request(GetTimeline, stranger)).rejects.toEqual(problem(404));
    expect(await scene.request(GetOrder, { ...stranger, anyUser: true })).toMatchObject({ id: orderId });
    expect((await scene.request(GetTimeline, { ...stranger, anyUser: true })).events).toHaveLength(1);
    await expect(scene.request(GetOrder, { orderId: newId(), userId: order.userId, anyUser: true })).rejects.toEqual(
      problem(404),
    );
  });

  it('list orders newest first, page by page, each once', async () => {
    const userId = newId();
    const orders = Array.from({ length: 7 }, () => newRequest({ userId }));
    await scene.place(newRequest());
    // Sent together: several share a millisecond, and their ids then decide which is newer.
    await Promise.all(orders.slice(0, 5).map(scene.place));
    for (const order of orders.slice(5)) await scene.place(order);
    const pages = [await scene.request(ListOrders, { userId, limit: 3 })];
    for (let next = pages[0]!.next; next; next = pages.at(-1)!.next)
      pages.push(await scene.request(ListOrders, { userId, limit: 3, cursor: next }));
    expect(pages.map(({ items }) => items.length)).toEqual([3, 3, 1]);
    const listed = pages.flatMap(({ items }) => items);
    expect(new Set(listed.map(({ id }) => id))).toEqual(new Set(orders.map(({ orderId }) => orderId)));
    const times = listed.map(({ placedAt }) => placedAt);
    expect(times).toEqual([...times].sort().reverse());
  });

  it('list orders of one status', async () => {
    const userId = newId();
    const [pending, rejected] = [newRequest({ userId }), newRequest({ userId })];
    await Promise.all([scene.place(pending), scene.place(rejected)]);
    await scene.send(
      StockRejected({ orderId: rejected.orderId, userId, version: 1, reason: 'out_of_stock', skus: ['TEE'] }),
    );
    await scene.reaches(rejected, 'rejected');
    const { items, next } = await scene.request(ListOrders, { userId, status: 'rejected' });
    expect([items.map(({ id }) => id), next]).toEqual([[rejected.orderId], undefined]);
  });

  it.each(['nonsense', Buffer.from('2026-11-21 x').toString('base64url'), ''])(
    'refuses "%s" as a cursor',
    async (cursor) => {
      await expect(scene.request(ListOrders, { userId: newId(), cursor })).rejects.toEqual(problem(422));
    },
  );
});

describe('the changes of an order', () => {
  const changesOf = ({ orderId, userId }: { orderId: string; userId: string }, after?: number) =>
    scene.request(GetOrderChanges, { orderId, userId, ...(after !== undefined && { after }) });

  it('are returned in their order, each with the status after it, and with the current order', async () => {
    const order = newRequest();
    await scene.place(order);
    const [reserved, payable, captured] = storyOf(order);
    for (const fact of [reserved, captured, payable]) await scene.send(fact);
    await scene.reaches(order, 'paid');
    const { order: now, changes } = await changesOf(order);
    expect(now).toEqual(await scene.see(order));
    expect(changes.map(({ version, type, status }) => [version, type, status])).toEqual([
      [1, 'order.placed', 'pending'],
      [2, 'stock.reserved', 'pending'],
      [3, 'order.priced', 'pending'],
      [4, 'order.awaiting_payment', 'awaiting_payment'],
      [5, 'order.paid', 'paid'],
      [6, 'parcel.created', 'paid'],
    ]);
    expect((await changesOf(order, 3)).changes).toEqual(changes.slice(3));
    expect(await changesOf(order, 6)).toMatchObject({ order: { status: 'paid' }, changes: [] });
  });

  it('are found for many orders at once, where there are any after the known version', async () => {
    const [known, changed] = [newRequest(), newRequest()];
    await Promise.all([known, changed].map(scene.place));
    await scene.send(storyOf(changed)[0]);
    await eventually(async () => expect((await changesOf(changed)).changes.length).toBeGreaterThan(1));
    const version = (await changesOf(changed)).changes.length;
    const orders = [known, changed, newRequest()].map(({ orderId }) => ({ orderId, after: 1 }));
    expect(await scene.request(FindChangedOrders, { orders })).toEqual({
      changed: [{ orderId: changed.orderId, userId: changed.userId, version }],
    });
  });

  it('are returned to its owner and to an admin, to no other user', async () => {
    const order = newRequest();
    await scene.place(order);
    await expect(changesOf({ ...order, userId: newId() })).rejects.toEqual(problem(404));
    expect(
      await scene.request(GetOrderChanges, { orderId: order.orderId, userId: newId(), anyUser: true }),
    ).toMatchObject({
      changes: [{ type: 'order.placed' }],
    });
  });
});

it('returns nothing about an order that was cancelled and has not arrived', async () => {
  const { orderId, userId } = newRequest();
  await scene.send(CancelOrder({ orderId, userId }));
  await eventually(async () =>
    expect(await scene.rows('SELECT 1 FROM orders WHERE id = $1 AND version > 0', [orderId])).toHaveLength(1),
  );
  const query = { orderId, userId, anyUser: true };
  for (const ask of [
    () => scene.request(GetOrder, query),
    () => scene.request(GetTimeline, query),
    () => scene.request(GetOrderChanges, query),
  ])
    await expect(ask()).rejects.toEqual(problem(404));
  expect(await scene.request(FindChangedOrders, { orders: [{ orderId, after: 0 }] })).toEqual({ changed: [] });
  for (const status of [undefined, 'cancelled' as const])
    expect(await scene.request(ListOrders, { userId, ...(status && { status }) })).toEqual({ items: [] });
});
