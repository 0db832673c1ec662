import { Inject, Injectable } from '@nestjs/common';
import type { Data, FindFilledInboxes, GetInboxEntries, ListNotifications, Reply } from '@sluice/contracts';
import { databaseTime, Lookups, newestFirst } from '@sluice/persistence';
import { Pool } from 'pg';
import { PrismaClient } from './generated/prisma/client.js';
import { tables } from './tables.js';

const listing = newestFirst('createdAt');

/** The number of the newest entry is read with the entries, or before them: a later one is found by the next read. */
const ENTRIES = `
  SELECT (SELECT entries FROM recipients WHERE user_id = $1) AS last, found.* FROM (SELECT) AS one LEFT JOIN LATERAL (
    SELECT sequence, id, created_at AS at, text, about FROM deliveries
    WHERE user_id = $1 AND sequence IS NOT NULL AND sequence > $2`;
const AFTER = `${ENTRIES} ORDER BY sequence LIMIT $3) AS found ON true`;
const NEWEST = `${ENTRIES} ORDER BY sequence DESC LIMIT $3) AS found ON true`;

const FILLED = `
  SELECT user_id AS "userId", entries AS last
  FROM unnest($1::uuid[], $2::int[]) AS known (user_id, after) JOIN recipients USING (user_id)
  WHERE entries > after`;

interface EntryRow {
  last: number | null;
  sequence: number | null;
  id: string;
  at: Date;
  text: string;
  about: string;
}

/** Reads deliveries: their outcomes, and what their recipients may see of them. */
@Injectable()
export class DeliveryQueries {
  readonly #deliveries: Lookups<[typeof tables.deliveries]>;

  constructor(
    private readonly pool: Pool,
    @Inject(PrismaClient) private readonly prisma: PrismaClient,
  ) {
    this.#deliveries = new Lookups(pool, tables.deliveries);
  }

  /**
   * Whether a delivery has its outcome; an expired one may still get another. Every text asks this. Without Prisma: its
   * query compiler, 25 MB of memory, is loaded by the first query, and so only where somebody reads an inbox.
   */
  async hasOutcome(deliveryId: string): Promise<boolean> {
    const [delivery] = await this.#deliveries.read(deliveryId);
    return delivery !== undefined && delivery.status !== 'expired';
  }

  /** The clock of the database, which the rules use too. */
  now(): Promise<Date> {
    return databaseTime(this.pool);
  }

  /** The recipient's inbox, newest first. @throws ProblemError 422 not a cursor of this listing */
  async page({ userId, cursor, limit }: Data<typeof ListNotifications>): Promise<Reply<typeof ListNotifications>> {
    const where = { userId, channel: 'inbox', ...listing.after(cursor) };
    const found = await this.prisma.delivery.findMany({ where, orderBy: listing.orderBy, take: listing.take(limit) });
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

  /** Without Prisma: gateways ask all the time, for all inboxes that are open in a page. */
  async filled({ inboxes }: Data<typeof FindFilledInboxes>): Promise<Reply<typeof FindFilledInboxes>> {
    const { rows } = await this.pool.query<Reply<typeof FindFilledInboxes>['filled'][number]>(FILLED, [
      inboxes.map(({ userId }) => userId),
      inboxes.map(({ after }) => after),
    ]);
    return { filled: rows };
  }

  /** Entries of an inbox, in order. Without Prisma: open pages ask for it all the time. */
  async entries({ userId, after, limit }: Data<typeof GetInboxEntries>): Promise<Reply<typeof GetInboxEntries>> {
    const { rows } = await this.pool.query<EntryRow>(after === undefined ? NEWEST : AFTER, [userId, after ?? 0, limit]);
    const items = rows.flatMap(({ sequence, id, at, text, about }) =>
      sequence === null ? [] : [{ sequence, id, at: at.toISOString(), text, about }],
    );
    return { items: items.sort((one, other) => one.sequence - other.sequence), last: rows[0]?.last ?? 0 };
  }
}
