import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import type { Data, GetOrder, GetTimeline, ListOrders, Reply } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { Pool } from 'pg';
import { after, cursorOf } from './cursor.js';
import { PrismaClient, type Order as Row } from './generated/prisma/client.js';
import { orderView } from './order.view.js';
import type { Order } from './tables.js';

/** A placeholder that holds a lock is nobody's order. */
const REAL = { version: { gt: 0 } };

/** Reads orders as their customers see them. */
@Injectable()
export class OrderQueries implements OnApplicationShutdown {
  readonly #prisma: PrismaClient;

  constructor(pool: Pool) {
    this.#prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#prisma.$disconnect();
  }

  /** @throws ProblemError 404 no such order, or somebody else's */
  async order({ orderId, ...viewer }: Data<typeof GetOrder>): Promise<Reply<typeof GetOrder>> {
    const row = await this.#prisma.order.findFirst({ where: { id: orderId, ...REAL, ...seenBy(viewer) } });
    if (!row) throw notFound();
    return orderView(orderOf(row), new Date());
  }

  /** @throws ProblemError 404 no such order, or somebody else's */
  async timeline({ orderId, ...viewer }: Data<typeof GetTimeline>): Promise<Reply<typeof GetTimeline>> {
    const [order, history] = await Promise.all([
      this.#prisma.order.findFirst({ where: { id: orderId, ...REAL, ...seenBy(viewer) }, select: { id: true } }),
      this.#prisma.historyEntry.findMany({ where: { orderId }, orderBy: { version: 'asc' } }),
    ]);
    if (!order) throw notFound();
    return { events: history.map(({ at, type, detail }) => ({ at: at.toISOString(), type, detail: detail as Record<string, unknown> })) };
  }

  /** Newest first. @throws ProblemError 422 not a cursor of this listing */
  async list({ userId, status, cursor, limit }: Data<typeof ListOrders>): Promise<Reply<typeof ListOrders>> {
    const found = await this.#prisma.order.findMany({
      where: { userId, ...REAL, ...(status && { status }), ...(cursor !== undefined && after(cursor)) },
      orderBy: [{ placedAt: 'desc' }, { id: 'desc' }],
      // One more than asked for tells whether there is a next page.
      take: limit + 1,
    });
    const orders = found.slice(0, limit).map(orderOf);
    const now = new Date();
    return { items: orders.map((order) => orderView(order, now)), ...(found.length > limit && { next: cursorOf(orders.at(-1)!) }) };
  }
}

const seenBy = ({ userId, anyUser }: { userId: string; anyUser: boolean }): { userId?: string } => (anyUser ? {} : { userId });

/** The row is complete: the table's check says so of every version above 0. */
const orderOf = (row: Row): Order => ({ ...row, subtotal: Number(row.subtotal), discount: Number(row.discount), total: Number(row.total) }) as Order;

const notFound = (): ProblemError => ProblemError.of(404, 'Order not found');
