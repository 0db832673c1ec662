import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClientProxy } from '@nestjs/microservices';
import pg from 'pg';
import { lastValueFrom } from 'rxjs';

/** Usual values of tutorials: rows are published within 0.1 s. */
const POLL_MS = 100;
const BATCH = 100;
const UNPUBLISHED = `SELECT id, topic, payload FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT $1
  FOR UPDATE SKIP LOCKED`;

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL']!, max: 10 });

export interface Transaction {
  query(text: string, values: unknown[]): Promise<pg.QueryResult>;
  /** Stores a message in the outbox. */
  emit(topic: string, data: object): Promise<unknown>;
}

export async function transaction<T>(work: (within: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  const query: Transaction['query'] = (text, values) => client.query(text, values);
  const emit: Transaction['emit'] = (topic, data) =>
    query('INSERT INTO outbox (topic, payload) VALUES ($1, $2)', [topic, { eventId: randomUUID(), ...data }]);
  try {
    await client.query('BEGIN');
    const result = await work({ query, emit });
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}

/** Does the work unless the message was handled before. */
export const once = (eventId: string, work: (within: Transaction) => Promise<unknown>): Promise<void> =>
  transaction(async (within) => {
    const { rowCount } = await within.query('INSERT INTO inbox (id) VALUES ($1) ON CONFLICT DO NOTHING', [eventId]);
    if (rowCount === 1) await work(within);
  });

/** Publishes the rows of the outbox until the process ends. */
export async function relay(client: ClientProxy): Promise<never> {
  for (;;) {
    const count = await publishSome(client).catch((error: unknown) => {
      console.error(error);
      return 0;
    });
    if (count < BATCH) await pause(POLL_MS);
  }
}

const publishSome = (client: ClientProxy): Promise<number> =>
  transaction(async ({ query }) => {
    const rows = (await query(UNPUBLISHED, [BATCH])).rows as { id: string; topic: string; payload: object }[];
    if (rows.length === 0) return 0;
    const sent = rows.map(({ topic, payload }) => client.emit(topic, payload)); // resolve on the broker's confirm
    await Promise.all(sent.map((result) => lastValueFrom(result, { defaultValue: undefined })));
    await query('UPDATE outbox SET published_at = now() WHERE id = ANY($1)', [rows.map(({ id }) => id)]);
    return rows.length;
  });
