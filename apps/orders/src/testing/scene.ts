import {
  EXCHANGES,
  CancelOrder,
  GetOrder,
  GetTimeline,
  ParcelCreated,
  ParcelDelivered,
  ParcelDispatched,
  ClosePayable,
  PayableOpened,
  PayableVoided,
  PaymentCaptured,
  PlaceOrder,
  ProductChanged,
  StockReserved,
  parcelIdOf,
  type Order as OrderView,
  type Outgoing,
} from '@sluice/contracts';
import { factsOf, type Delivery } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import type { Channel } from 'amqplib';
import type { Pool } from 'pg';
import { expect } from 'vitest';
import type { Request } from '../placing.js';
import { PAYMENT, PRICES, request } from './given.js';
import { ProductOwner } from './owner.js';
import { startOrders, type Running } from './running.js';

export const EUR = (amount: number) => ({ amount, currency: 'EUR' });
export const problem = (status: number) => expect.objectContaining({ problem: expect.objectContaining({ status }) });
export const newRequest = (change: Partial<Request> = {}): Request =>
  request({ orderId: newId(), userId: newId(), ...change });

interface SentMessage {
  type: string;
  data: Record<string, unknown>;
}

/** Servers of the test's own, which the scene closes, and the test's `eventually`. */
export interface Stage {
  broker: { url: string; connection: { createChannel(): Promise<Channel> }; close(): Promise<void> };
  database: { url: string; pool: Pool; close(): Promise<void> };
  eventually(assertion: () => void | Promise<void>): Promise<void>;
}

/** The service on a broker and a database of its own, with stand-ins for the other services and for customers. */
export interface Scene extends Running {
  /** For tests that hold locks. */
  readonly pool: Pool;
  /** Has no product without a copy in orders, until a test adds one. */
  readonly inventory: ProductOwner;
  rows(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  place(order: Request): Promise<OrderView>;
  see(order: Request): Promise<OrderView>;
  cancel(order: Request): Promise<OrderView>;
  /** The types of the order's timeline entries. */
  timeline(order: Request): Promise<string[]>;
  reaches(order: Request, status: string): Promise<void>;
  /** Facts and commands about the order that were published on the broker. */
  messagesAbout(order: Request): SentMessage[];
  factsOf(order: Request): string[];
  /**
   * Waits for the whole flow of a new order: facts are decided in their order of arrival, so all facts sent before
   * are handled.
   */
  everythingIsHandled(): Promise<void>;
}

export async function openScene(
  { broker, database, eventually }: Stage,
  settings: Record<string, string> = {},
): Promise<Scene> {
  const inventory = await ProductOwner.on(broker.connection);
  const running = await startOrders({ AMQP_URL: broker.url, DATABASE_URL: database.url }, settings);
  const sent = await listen(broker, ({ type, data }) => {
    // Payments closes every payable that it is requested to close.
    if (type === ClosePayable.type)
      void running.send(PayableVoided({ orderId: String(data['orderId']), userId: newId(), version: 2 }));
  });
  const rows: Scene['rows'] = async (sql, values = []) =>
    (await database.pool.query(sql, values)).rows as Record<string, unknown>[];
  const place: Scene['place'] = (order) => running.request(PlaceOrder, order);
  const see: Scene['see'] = ({ orderId, userId }) => running.request(GetOrder, { orderId, userId });
  const messagesAbout: Scene['messagesAbout'] = ({ orderId }) => sent.filter(({ data }) => data['orderId'] === orderId);
  const factsOf: Scene['factsOf'] = (order) =>
    messagesAbout(order)
      .map(({ type }) => type)
      .filter((type) => type.startsWith('order.'));
  for (const product of PRODUCTS) await running.send(product);
  await eventually(async () => expect(await rows('SELECT 1 FROM product_copies')).toHaveLength(PRODUCTS.length));
  return {
    ...running,
    pool: database.pool,
    inventory,
    rows,
    place,
    see,
    cancel: ({ orderId, userId }) => running.request(CancelOrder, { orderId, userId }),
    timeline: async ({ orderId, userId }) =>
      (await running.request(GetTimeline, { orderId, userId })).events.map(({ type }) => type),
    reaches: async (order, status) => eventually(async () => expect(await see(order)).toMatchObject({ status })),
    messagesAbout,
    factsOf,
    async everythingIsHandled() {
      const order = newRequest();
      await place(order);
      const [reserved, payable] = storyOf(order);
      await running.send(reserved);
      await running.send(payable);
      await eventually(() => expect(factsOf(order)).toEqual(['order.placed', 'order.awaiting_payment']));
    },
    async stop() {
      await running.stop();
      await Promise.all([broker.close(), database.close()]);
    },
  };
}

/** Records all facts, and the commands to logistics and payments. */
async function listen(
  { connection }: Stage['broker'],
  onMessage: (message: SentMessage) => void,
): Promise<SentMessage[]> {
  const sent: SentMessage[] = [];
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, EXCHANGES.events, '#');
  for (const command of ['logistics.halt', ClosePayable.type])
    await channel.bindQueue(queue, EXCHANGES.commands, command);
  await channel.consume(
    queue,
    (message) => {
      if (!message) return;
      for (const { properties, fact, content } of factsOf<Delivery>(message)) {
        const data = (fact ? fact.data : JSON.parse(content.toString())) as SentMessage['data'];
        const copy = { type: properties.type as string, data };
        sent.push(copy);
        onMessage(copy);
      }
    },
    { noAck: true },
  );
  return sent;
}

const PRODUCTS = Object.values(PRICES).map((product) => {
  const { sku, name, amount, currency } = product!;
  return ProductChanged({ sku, name, price: { amount, currency }, version: 2 });
});

/** The facts of the other services about an order that succeeds, in their usual order. */
export function storyOf({
  orderId,
  userId,
}: Request): [
  reserved: Outgoing,
  payable: Outgoing,
  captured: Outgoing,
  created: Outgoing,
  dispatched: Outgoing,
  delivered: Outgoing,
] {
  const about = { orderId, userId, version: 1 };
  const parcel = {
    ...about,
    parcelId: parcelIdOf(orderId, 'west'),
    warehouse: 'west' as const,
    lines: [
      { sku: 'TEE', quantity: 2 },
      { sku: 'MUG', quantity: 1 },
    ],
  };
  return [
    StockReserved({ ...about, allocation: parcel.lines.map((line) => ({ ...line, warehouse: 'west' })) }),
    PayableOpened({ ...about, amount: EUR(3_800) }),
    PaymentCaptured({ ...about, paymentId: PAYMENT, amount: EUR(3_800) }),
    ParcelCreated(parcel),
    ParcelDispatched({ ...parcel, version: 2 }),
    ParcelDelivered({ ...parcel, version: 3 }),
  ];
}
