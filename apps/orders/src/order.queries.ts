import { Inject, Injectable } from '@nestjs/common';
import type {
  Data,
  FindChangedOrders,
  GetOrder,
  GetOrderChanges,
  GetTimeline,
  ListOrders,
  OrderStatus,
  Reply,
} from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { newestFirst } from '@sluice/persistence';
import { Pool } from 'pg';
import { PrismaClient, type HistoryEntry, type Order as StoredOrder } from './generated/prisma/client.js';
import { orderOf } from './order-row.js';
import { orderView } from './order.view.js';
import type { Order, OrderRow } from './tables.js';

const listing = newestFirst('placedAt');

/** Excludes placeholder rows that only hold a lock, early cancellations and refused requests. */
const REAL = { version: { gt: 0 }, placedAt: { not: null } };

/** A refused request counts: it becomes a rejected order when it is read. */
const CHANGED = `
  SELECT id AS "orderId", user_id AS "userId", orders.version
  FROM unnest($1::uuid[], $2::int[]) AS known (id, version) JOIN orders USING (id)
  WHERE orders.version > known.version AND (placed_at IS NOT NULL OR status = 'rejected')`;

/** Reads orders as their customers see them. */
@Injectable()
export class OrderQueries {
  constructor(
    private readonly pool: Pool,
    @Inject(PrismaClient) private readonly prisma: PrismaClient,
  ) {}

  /** @throws ProblemError 404 no such order, or another user's */
  async order(query: Data<typeof GetOrder>): Promise<Reply<typeof GetOrder>> {
    const order = await this.#order(query);
    return orderView(order, await this.#now([order]));
  }

  /**
   * Order and changes as of one moment: an entry committed between the two reads belongs to the next reply.
   * @throws ProblemError 404 no such order, or another user's
   */
  async changes({ after: seen, ...query }: Data<typeof GetOrderChanges>): Promise<Reply<typeof GetOrderChanges>> {
    const order = await this.#order(query);
    const history = await this.prisma.historyEntry.findMany({
      where: { orderId: order.id, version: { gt: seen, lte: order.version } },
      orderBy: { version: 'asc' },
    });
    const changes = history.map((entry) => ({
      ...eventOf(entry),
      version: entry.version,
      status: entry.status as OrderStatus,
    }));
    return { order: orderView(order, await this.#now([order])), changes };
  }

  /** Without Prisma: gateways ask all the time, for all orders that somebody follows. */
  async changed({ orders }: Data<typeof FindChangedOrders>): Promise<Reply<typeof FindChangedOrders>> {
    const { rows } = await this.pool.query<Reply<typeof FindChangedOrders>['changed'][number]>(CHANGED, [
      orders.map(({ orderId }) => orderId),
      orders.map(({ after }) => after),
    ]);
    return { changed: rows };
  }

  /**
   * Reads the order first, so that its history contains at least that state.
   * @throws ProblemError 404 no such order, or another user's
   */
  async timeline({ orderId, ...viewer }: Data<typeof GetTimeline>): Promise<Reply<typeof GetTimeline>> {
    const order = await this.prisma.order.findFirst({
      where: { id: orderId, ...REAL, ...seenBy(viewer) },
      select: { id: true },
    });
    if (!order) throw notFound();
    const history = await this.prisma.historyEntry.findMany({ where: { orderId }, orderBy: { version: 'asc' } });
    return { events: history.map(eventOf) };
  }

  /** Newest first. @throws ProblemError 422 not a cursor of this listing */
  async list({ userId, status, cursor, limit }: Data<typeof ListOrders>): Promise<Reply<typeof ListOrders>> {
    const found = await this.prisma.order.findMany({
      where: { AND: [{ userId, ...REAL, ...(status && { status }) }, listing.after(cursor)] },
      orderBy: listing.orderBy,
      take: listing.take(limit),
    });
    const { rows, ...next } = listing.page(found, limit);
    const orders = rows.map(orderOfRecord);
    const now = await this.#now(orders);
    return { items: orders.map((order) => orderView(order, now)), ...next };
  }

  /** Whether the stored row is a refused request, or a rejected order made of one by another query at this moment. */
  async wasRefused({ orderId, ...viewer }: Data<typeof GetOrder>): Promise<boolean> {
    return (
      (await this.prisma.order.count({
        where: { id: orderId, version: { gt: 0 }, status: 'rejected', ...seenBy(viewer) },
      })) > 0
    );
  }

  /**
   * The database's time, like that of `payBy`. Only `secondsLeft` needs it, so it is read only if an order can be
   * paid.
   */
  async #now(orders: readonly Order[]): Promise<Date> {
    if (!orders.some(({ status }) => status === 'awaiting_payment')) return new Date();
    const { rows } = await this.pool.query<{ now: Date }>('SELECT now()');
    return rows[0]!.now;
  }

  async #order({ orderId, ...viewer }: Data<typeof GetOrder>): Promise<Order> {
    const row = await this.prisma.order.findFirst({ where: { id: orderId, ...REAL, ...seenBy(viewer) } });
    if (!row) throw notFound();
    return orderOfRecord(row);
  }
}

const seenBy = ({ userId, anyUser }: { userId: string; anyUser: boolean }): { userId?: string } =>
  anyUser ? {} : { userId };

/** The cast is safe: the table's check guarantees the columns that every order has. */
const orderOfRecord = (row: StoredOrder): Order =>
  orderOf({
    ...row,
    subtotal: Number(row.subtotal),
    discount: Number(row.discount),
    total: Number(row.total),
  } as unknown as OrderRow);

const eventOf = ({ at, type, detail }: HistoryEntry) => ({
  at: at.toISOString(),
  type,
  detail: detail as Record<string, unknown>,
});

const notFound = (): ProblemError => ProblemError.of(404, 'Order not found');
