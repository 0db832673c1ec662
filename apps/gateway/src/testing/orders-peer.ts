import { Controller } from '@nestjs/common';
import {
  CancelOrder,
  ExpirePayment,
  FindChangedOrders,
  GetOrder,
  GetOrderChanges,
  GetTimeline,
  ListOrders,
  PlaceOrder,
  PlaceUnlisted,
  type Message,
  type Order,
  type OrderChange,
  type OrderStatus,
  type ProductVersion,
  type Reply,
} from '@sluice/contracts';
import { On, ProblemError } from '@sluice/messaging';
import { ADDRESS } from './gateway.js';

const NOW = '2026-11-21T12:00:00Z';
const PRICE = { amount: 250, currency: 'EUR' };

interface PlacedOrder {
  order: Order;
  userId: string;
  bodyHash: string;
  correlationId: string;
  shown: ProductVersion[] | undefined;
  changes: OrderChange[];
}

/** Fake orders service on the real broker: stores orders by id and detects a repeat by the body's hash. */
@Controller()
export class OrdersPeer {
  readonly orders = new Map<string, PlacedOrder>();
  /** Orders of users with a verified phone, by the request. */
  readonly verified: string[] = [];
  /** The versions after which changes were requested, in order. */
  readonly changeRequests: number[] = [];

  /** The orders of each check whether they have changed. */
  readonly checks: string[][] = [];

  /** Changes the order as the service's own rules would. @returns the data of the fact about it */
  change(
    id: string,
    status: OrderStatus,
    detail: Record<string, unknown> = {},
    type: string = status,
  ): { orderId: string; userId: string; version: number } {
    const placed = this.orders.get(id)!;
    const version = placed.changes.length + 1;
    placed.order = { ...placed.order, status };
    placed.changes.push({ version, at: NOW, type, detail, status });
    return { orderId: id, userId: placed.userId, version };
  }

  @On(PlaceOrder)
  async place({ data, correlationId }: Message<typeof PlaceOrder>): Promise<Order> {
    if (data.lines.some(({ sku }) => sku === 'UNKNOWN'))
      throw ProblemError.of(422, 'Unknown product', undefined, { skus: ['UNKNOWN'] });
    if (data.verified) this.verified.push(data.orderId);
    const placed = this.orders.get(data.orderId);
    if (placed && placed.bodyHash !== data.bodyHash) throw ProblemError.of(409, 'The key was used for another order');
    if (placed) return placed.order;
    const order = { ...orderOf(data.orderId, data.lines), ...(data.coupon !== undefined && { coupon: data.coupon }) };
    this.orders.set(data.orderId, {
      order,
      userId: data.userId,
      bodyHash: data.bodyHash,
      correlationId,
      shown: data.shown,
      changes: [],
    });
    this.change(data.orderId, 'pending', {}, 'placed');
    return order;
  }

  @On(PlaceUnlisted, { queue: 'lookups' })
  async placeUnlisted(): Promise<void> {
    throw new Error('the gateway never sends this command');
  }

  @On(CancelOrder)
  async cancel({ data }: Message<typeof CancelOrder>): Promise<Order> {
    const placed = this.#find(data);
    const { status } = placed.order;
    if (status === 'shipped') throw ProblemError.of(409, 'Too late');
    if (status === 'paid') placed.order = { ...placed.order, cancellationRequestedAt: NOW };
    else if (status !== 'cancelled') this.change(data.orderId, 'cancelled');
    return placed.order;
  }

  @On(GetOrder)
  async get({ data }: Message<typeof GetOrder>): Promise<Order> {
    return this.#find(data).order;
  }

  @On(GetOrderChanges)
  async changes({ data }: Message<typeof GetOrderChanges>): Promise<Reply<typeof GetOrderChanges>> {
    this.changeRequests.push(data.after);
    const { order, changes } = this.#find(data);
    return { order, changes: changes.filter(({ version }) => version > data.after) };
  }

  @On(FindChangedOrders)
  async changed({ data }: Message<typeof FindChangedOrders>): Promise<Reply<typeof FindChangedOrders>> {
    this.checks.push(data.orders.map(({ orderId }) => orderId));
    return {
      changed: data.orders.flatMap(({ orderId, after }) => {
        const { userId, changes = [] } = this.orders.get(orderId) ?? {};
        return userId !== undefined && changes.length > after ? [{ orderId, userId, version: changes.length }] : [];
      }),
    };
  }

  @On(GetTimeline)
  async timeline(): Promise<Reply<typeof GetTimeline>> {
    return { events: [{ at: NOW, type: 'placed', detail: {} }] };
  }

  @On(ExpirePayment)
  async expire(): Promise<void> {
    throw new Error('the gateway never sends this command');
  }

  @On(ListOrders)
  async list({ data }: Message<typeof ListOrders>): Promise<Reply<typeof ListOrders>> {
    const mine = [...this.orders.values()].filter(
      ({ userId, order }) => userId === data.userId && (!data.status || order.status === data.status),
    );
    return { items: mine.slice(0, data.limit).map(({ order }) => order) };
  }

  #find({ orderId, userId, anyUser = false }: { orderId: string; userId: string; anyUser?: boolean }): PlacedOrder {
    const placed = this.orders.get(orderId);
    if (!placed || (placed.userId !== userId && !anyUser)) throw ProblemError.of(404, 'No such order');
    return placed;
  }
}

function orderOf(id: string, lines: { sku: string; quantity: number }[]): Order {
  const amount = {
    amount: lines.reduce((sum, { quantity }) => sum + quantity * PRICE.amount, 0),
    currency: PRICE.currency,
  };
  return {
    ...{ id, status: 'pending', subtotal: amount, discount: { ...amount, amount: 0 }, total: amount },
    ...{
      lines: lines.map((line) => ({ ...line, name: line.sku, unitPrice: PRICE })),
      address: ADDRESS,
      placedAt: NOW,
      parcels: [],
    },
  };
}
