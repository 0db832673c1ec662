import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import type { Data, ListNotifications, Reply } from '@sluice/contracts';
import { newestFirst } from '@sluice/persistence';
import { Pool } from 'pg';
import { PrismaClient } from './generated/prisma/client.js';

const listing = newestFirst('createdAt');

/** The deliveries as the people they are for may read them. */
@Injectable()
export class Inbox implements OnModuleDestroy {
  readonly #prisma: PrismaClient;

  constructor(pool: Pool) {
    this.#prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  }

  async onModuleDestroy(): Promise<void> {
    await this.#prisma.$disconnect();
  }

  /** Whether a delivery has its outcome; one that was given up may still get another. */
  async holds(deliveryId: string): Promise<boolean> {
    return (
      (await this.#prisma.delivery.count({
        where: { id: deliveryId, version: { gt: 0 }, status: { not: 'expired' } },
      })) > 0
    );
  }

  /** Newest first. @throws ProblemError 422 for a cursor that is none of ours */
  async page({ userId, cursor, limit }: Data<typeof ListNotifications>): Promise<Reply<typeof ListNotifications>> {
    const where = { userId, channel: 'inbox', ...listing.after(cursor) };
    const found = await this.#prisma.delivery.findMany({ where, orderBy: listing.orderBy, take: listing.take(limit) });
    const { rows, ...next } = listing.page(found, limit);
    return {
      items: rows.map(({ id, createdAt, text, about }) => ({
        id,
        at: createdAt!.toISOString(),
        text: text!,
        about: about!,
      })),
      ...next,
    };
  }
}
