import {
  GetOrder,
  GetTimeline,
  ListOrders,
  ParcelCreated,
  ParcelDelivered,
  ParcelDispatched,
  PayableOpened,
  PaymentCaptured,
  PlaceOrder,
  ProductChanged,
  StockRejected,
  StockReserved,
  type Outgoing,
} from '@sluice/contracts';
import { newId } from '@sluice/persistence';
import { eventually, testBroker, testDatabase, type TestBroker, type TestDatabase } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Request } from './order.js';
import { PARCELS, PAYMENT, PRICES, request } from './testing/given.js';
import { RETRY_MS, startOrders, type Running } from './testing/running.js';

const EUR = (amount: number) => ({ amount, currency: 'EUR' });
const problem = (status: number) => expect.objectContaining({ problem: expect.objectContaining({ status }) });

let broker: TestBroker;
let database: TestDatabase;
let running: Running;
/** Every fact that was said, by whomever. */
const heard: { type: string; data: Record<string, unknown> }[] = [];

beforeAll(async () => {
  [broker, database] = await Promise.all([testBroker({ tiersMs: [RETRY_MS] }), testDatabase('orders')]);
  await listen();
  running = await startOrders({ AMQP_URL: broker.url, DATABASE_URL: database.url });
  for (const product of Object.values(PRICES)) {
    const { sku, name, amount, currency } = product!;
    await running.tell(ProductChanged({ sku, name, price: { amount, currency }, version: 2 }));
  }
  await eventually(async () => expect((await rows('SELECT 1 FROM product_copies')).length).toBe(Object.keys(PRICES).length));
});
afterAll(async () => {
  await running?.stop();
  await Promise.all([broker?.close(), database?.close()]);
});

async function listen(): Promise<void> {
  const channel = await broker.connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, 'shop.events', '#');
  await channel.consume(queue, (message) => message && heard.push({ type: message.properties.type as string, data: JSON.parse(message.content.toString()) as (typeof heard)[number]['data'] }), { noAck: true });
}

const rows = async (sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> => (await database.pool.query(sql, values)).rows as Record<string, unknown>[];
const newRequest = (change: Partial<Request> = {}): Request => request({ orderId: newId(), userId: newId(), ...change });
const place = (order: Request) => running.ask(PlaceOrder, order);
const see = ({ orderId, userId }: Request) => running.ask(GetOrder, { orderId, userId });
const reaches = (order: Request, status: string) => eventually(async () => expect(await see(order)).toMatchObject({ status }));
const saidAbout = ({ orderId }: Request) => heard.filter(({ type, data }) => data['orderId'] === orderId && type.startsWith('order.')).map(({ type }) => type);

/** What others say about an order that goes well, in the order in which it happens. */
function storyOf({ orderId, userId }: Request): Outgoing[] {
  const about = { orderId, userId, version: 1 };
  const parcel = { ...about, parcelId: PARCELS.west, warehouse: 'west' as const, lines: [{ sku: 'TEE', quantity: 2 }, { sku: 'MUG', quantity: 1 }] };
  return [
    StockReserved({ ...about, allocation: parcel.lines.map((line) => ({ ...line, warehouse: 'west' })) }),
    PayableOpened({ ...about, amount: EUR(3_800) }),
    PaymentCaptured({ ...about, paymentId: PAYMENT, amount: EUR(3_800) }),
    ParcelCreated(parcel),
    ParcelDispatched({ ...parcel, version: 2 }),
    ParcelDelivered({ ...parcel, version: 3 }),
  ];
}

/** Facts are decided in the order of their arrival, so what was told before has had its effect when this has. */
async function everythingIsHandled(): Promise<void> {
  const order = newRequest();
  await place(order);
  await running.tell(storyOf(order)[0]!);
  await eventually(() => expect(saidAbout(order)).toEqual(['order.placed', 'order.priced']));
}

describe('placing an order', () => {
  it('answers with the order, and says so once however often it is asked', async () => {
    const order = newRequest();
    const answer = await place(order);
    expect(answer).toMatchObject({ id: order.orderId, status: 'pending', total: EUR(3_800), lines: [{ name: 'T-shirt' }, { name: 'Mug' }] });
    expect(await place(order)).toEqual(answer);
    expect(await see(order)).toEqual(answer);
    await everythingIsHandled();
    expect(saidAbout(order)).toEqual(['order.placed']);
  });

  it('takes the first of many that come at once', async () => {
    const order = newRequest();
    const answers = await Promise.all(Array.from({ length: 20 }, () => place(order)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    await everythingIsHandled();
    expect(saidAbout(order)).toEqual(['order.placed']);
  });

  it('refuses another body under the same id, and keeps the order as it was', async () => {
    const order = newRequest();
    const answer = await place(order);
    await expect(place({ ...order, bodyHash: 'another', lines: [{ sku: 'MUG', quantity: 9 }] })).rejects.toEqual(problem(409));
    expect(await see(order)).toEqual(answer);
  });

  it('refuses an unknown SKU to a caller who waits, and keeps nothing', async () => {
    const order = newRequest({ lines: [{ sku: 'NOPE', quantity: 1 }] });
    await expect(place(order)).rejects.toEqual(problem(422));
    await expect(see(order)).rejects.toEqual(problem(404));
    expect(await rows('SELECT * FROM orders WHERE id = $1', [order.orderId])).toEqual([]);
  });

  it.each([
    ['nobody waits', {}],
    ['the caller has left', { reply: { to: 'gone', id: '1' }, deadline: Date.now() - 1 }],
  ])('keeps an order with an unknown SKU as rejected when %s', async (_, about) => {
    const order = newRequest({ lines: [{ sku: 'NOPE', quantity: 1 }] });
    await running.tell(PlaceOrder(order), about);
    await eventually(async () => expect(await see(order)).toMatchObject({ status: 'rejected', reason: 'unknown_product' }));
    await eventually(() => expect(saidAbout(order)).toEqual(['order.rejected']));
    expect(await place(order)).toMatchObject({ status: 'rejected' });
  });

  it('keeps an order with an unknown SKU as rejected when the caller leaves while it is decided', async () => {
    const order = newRequest({ lines: [{ sku: 'NOPE', quantity: 1 }] });
    const deadline = Date.now() + 1_000;
    const other = await database.pool.connect();
    await other.query('BEGIN');
    await other.query('INSERT INTO orders (id) VALUES ($1)', [order.orderId]);
    await running.tell(PlaceOrder(order), { reply: { to: 'gone', id: '1' }, deadline });
    await eventually(() => expect(Date.now()).toBeGreaterThan(deadline));
    await other.query('ROLLBACK');
    other.release();
    await eventually(async () => expect(await see(order)).toMatchObject({ status: 'rejected', reason: 'unknown_product' }));
  });

  it('sells at the newest price, in whatever order prices arrive', async () => {
    const change = (version: number, amount: number) => ProductChanged({ sku: 'PEN', name: 'Pen', price: EUR(amount), version });
    await running.tell(change(3, 300));
    await running.tell(change(2, 200));
    await running.tell(change(4, 400));
    await running.tell(change(1, 100));
    await eventually(async () => expect(await rows("SELECT amount::int, version FROM product_copies WHERE sku = 'PEN'")).toEqual([{ amount: 400, version: 4 }]));
    await running.tell(ProductChanged({ sku: 'FENCE', name: 'Fence', price: EUR(1), version: 1 }));
    await eventually(async () => expect(await rows("SELECT 1 FROM product_copies WHERE sku = 'FENCE'")).toHaveLength(1));
    expect(await place(newRequest({ lines: [{ sku: 'PEN', quantity: 2 }] }))).toMatchObject({ total: EUR(800) });
  });
});

describe('an order', () => {
  it('goes from pending to completed as the others tell, and its timeline says how', async () => {
    const order = newRequest();
    await place(order);
    const [reserved, payable, captured, ...parcels] = storyOf(order) as [Outgoing, Outgoing, Outgoing, ...Outgoing[]];
    await running.tell(reserved);
    await running.tell(payable);
    await reaches(order, 'awaiting_payment');
    expect((await see(order)).secondsLeft).toBeGreaterThan(1_700);
    await running.tell(captured);
    await reaches(order, 'paid');
    for (const fact of parcels) await running.tell(fact);
    await reaches(order, 'completed');
    expect(await see(order)).toMatchObject({ lines: [{ warehouse: 'west' }, { warehouse: 'west' }], parcels: [{ id: PARCELS.west, status: 'delivered' }] });
    const { events } = await running.ask(GetTimeline, order);
    expect(events.map(({ type }) => type)).toEqual([
      'order.placed', 'order.priced', 'order.awaiting_payment', 'order.paid',
      'parcel.created', 'parcel.dispatched', 'order.shipped', 'parcel.delivered', 'order.completed',
    ]);
  });

  it('is rejected when inventory cannot give it', async () => {
    const order = newRequest();
    await place(order);
    await running.tell(StockRejected({ orderId: order.orderId, userId: order.userId, version: 1, reason: 'out_of_stock', skus: ['TEE'] }));
    await eventually(async () => expect(await see(order)).toMatchObject({ status: 'rejected', reason: 'out_of_stock' }));
    await eventually(() => expect(saidAbout(order)).toEqual(['order.placed', 'order.rejected']));
  });

  it('is not changed by any message that comes twice, also after all that followed', async () => {
    const order = newRequest();
    const story = [PlaceOrder(order), ...storyOf(order)].map((message) => ({ message, id: newId() }));
    await running.tell(story[0]!.message, { id: story[0]!.id });
    await eventually(() => see(order));
    for (const { message, id } of [...story, ...story]) await running.tell(message, { id });
    await reaches(order, 'completed');
    const state = () => Promise.all([rows('SELECT * FROM orders WHERE id = $1', [order.orderId]), rows('SELECT * FROM order_history WHERE order_id = $1', [order.orderId])]);
    const [before, said] = [await state(), saidAbout(order)];
    for (const { message, id } of story) await running.tell(message, { id });
    for (const { message } of story) await running.tell(message);
    await everythingIsHandled();
    expect(await state()).toEqual(before);
    expect(saidAbout(order)).toEqual(said);
    expect(said).toEqual(['order.placed', 'order.priced', 'order.awaiting_payment', 'order.paid', 'order.shipped', 'order.completed']);
  });

  it('loses no fact that is known before the order is', async () => {
    const order = newRequest();
    for (const fact of storyOf(order).reverse()) await running.tell(fact);
    await everythingIsHandled();
    await place(order);
    await reaches(order, 'completed');
    await eventually(() => expect(saidAbout(order)).toEqual(['order.placed', 'order.priced', 'order.awaiting_payment', 'order.paid', 'order.shipped', 'order.completed']));
  });
});

describe('looking at orders', () => {
  it('shows an order and its timeline to its owner and to an admin, to nobody else', async () => {
    const order = newRequest();
    await place(order);
    const { orderId } = order;
    const stranger = { orderId, userId: newId() };
    await expect(running.ask(GetOrder, stranger)).rejects.toEqual(problem(404));
    await expect(running.ask(GetTimeline, stranger)).rejects.toEqual(problem(404));
    expect(await running.ask(GetOrder, { ...stranger, anyUser: true })).toMatchObject({ id: orderId });
    expect((await running.ask(GetTimeline, { ...stranger, anyUser: true })).events).toHaveLength(1);
    await expect(running.ask(GetOrder, { orderId: newId(), userId: order.userId, anyUser: true })).rejects.toEqual(problem(404));
  });

  it('lists them newest first, page by page, each once', async () => {
    const userId = newId();
    const orders = Array.from({ length: 7 }, () => newRequest({ userId }));
    await place(newRequest());
    // Together: several share a millisecond, and their ids then say which is newer.
    await Promise.all(orders.slice(0, 5).map(place));
    for (const order of orders.slice(5)) await place(order);
    const pages = [await running.ask(ListOrders, { userId, limit: 3 })];
    for (let next = pages[0]!.next; next; next = pages.at(-1)!.next) pages.push(await running.ask(ListOrders, { userId, limit: 3, cursor: next }));
    expect(pages.map(({ items }) => items.length)).toEqual([3, 3, 1]);
    const listed = pages.flatMap(({ items }) => items);
    expect(new Set(listed.map(({ id }) => id))).toEqual(new Set(orders.map(({ orderId }) => orderId)));
    const times = listed.map(({ placedAt }) => placedAt);
    expect(times).toEqual([...times].sort().reverse());
  });

  it('lists those with one status', async () => {
    const userId = newId();
    const [pending, rejected] = [newRequest({ userId }), newRequest({ userId })];
    await Promise.all([place(pending), place(rejected)]);
    await running.tell(StockRejected({ orderId: rejected.orderId, userId, version: 1, reason: 'out_of_stock', skus: ['TEE'] }));
    await reaches(rejected, 'rejected');
    const { items, next } = await running.ask(ListOrders, { userId, status: 'rejected' });
    expect([items.map(({ id }) => id), next]).toEqual([[rejected.orderId], undefined]);
  });

  it.each(['nonsense', Buffer.from('2026-11-21 x').toString('base64url'), ''])('refuses "%s" as a cursor', async (cursor) => {
    await expect(running.ask(ListOrders, { userId: newId(), cursor })).rejects.toEqual(problem(422));
  });
});
