import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { type Data, Id, type ListNotifications, type Reply } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { Pool } from 'pg';
import { z } from 'zod';
import { PrismaClient } from './generated/prisma/client.js';

/** The place of an entry in its inbox: when it was told (ms since the epoch), then its id. */
const Cursor = z.tuple([z.coerce.number().pipe(z.int().min(0).max(8.64e15)), Id]);

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

  async holds(deliveryId: string): Promise<boolean> {
    return (await this.#prisma.delivery.count({ where: { id: deliveryId, version: { gt: 0 } } })) > 0;
  }

  /** Newest first. @throws ProblemError 422 for a cursor that is none of ours */
  async page({ userId, cursor, limit }: Data<typeof ListNotifications>): Promise<Reply<typeof ListNotifications>> {
    const where = { userId, channel: 'inbox', ...(cursor !== undefined && before(cursor)) };
    const found = await this.#prisma.delivery.findMany({ where, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: limit + 1 });
    const items = found.slice(0, limit).map(({ id, createdAt, text, about }) => ({ id, at: createdAt!.toISOString(), text: text!, about: about! }));
    const last = items.at(-1);
    return { items, ...(found.length > limit && last && { next: `${Date.parse(last.at)}_${last.id}` }) };
  }
}

function before(cursor: string) {
  const parsed = Cursor.safeParse(cursor.split('_'));
  if (!parsed.success) throw ProblemError.of(422, 'Invalid cursor', 'The cursor must come from the page before.');
  const [createdAt, id] = [new Date(parsed.data[0]), parsed.data[1]];
  return { OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }] };
}
