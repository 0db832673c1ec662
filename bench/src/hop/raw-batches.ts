import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { EXCHANGES } from '@sluice/contracts';
import { connect, type ConsumeMessage } from 'amqplib';
import pg from 'pg';
import type { MeasuredService, Observer } from './measured-service.js';
import type { Place } from './place.js';
import { QUEUE } from './stock.js';

/** The prefetch of the services. */
const BATCH = 100;

/** Acks that are in transit when the channel closes are lost in quorum queues, so wait for them first. */
const ACKS_ARRIVE_WITHIN_MS = 150;

const CLAIM = 'INSERT INTO inbox (id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING RETURNING id';
const LOCK = 'SELECT sku, on_hand, version FROM stock WHERE sku = ANY($1) ORDER BY sku FOR NO KEY UPDATE';
const UPDATE = `UPDATE stock s SET on_hand = n.on_hand, version = n.version
  FROM unnest($1::text[], $2::bigint[], $3::int[]) n(sku, on_hand, version) WHERE s.sku = n.sku`;
const OUTBOX = 'INSERT INTO outbox (id, wire) SELECT * FROM unnest($1::uuid[], $2::jsonb[])';
const SENT = 'DELETE FROM outbox WHERE id = ANY($1)';

interface Taken {
  id: string;
  body: string;
}

/**
 * The same effects without Nest, libs/messaging and libs/persistence: what a programmer writes who knows nothing but
 * this one handler. Neither schema checks nor retries nor metrics, so it is the upper bound of the others.
 */
export async function startRawService({ url, database }: Place, observer: Observer): Promise<MeasuredService> {
  const connection = await connect(url, { noDelay: true });
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  const [channel, publishing] = [await connection.createChannel(), await connection.createConfirmChannel()];
  let waiting: ConsumeMessage[] = [];
  let committing: Promise<void> | undefined;

  const handle = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, BATCH);
      const taken = await commit(pool, batch);
      for (const { id, body } of taken)
        publishing.publish(EXCHANGES.events, 'stock.taken', Buffer.from(body), { persistent: true, messageId: id });
      await publishing.waitForConfirms();
      await pool.query({ name: 'sent', text: SENT, values: [taken.map(({ id }) => id)] });
      channel.ack(batch.at(-1)!, true);
      batch.forEach(() => observer.handled());
    }
    committing = undefined;
  };

  await channel.prefetch(BATCH);
  await channel.consume(QUEUE, (message) => {
    if (!message) return;
    observer.began();
    waiting.push(message);
    committing ??= handle();
  });
  return {
    drained: async () => committing,
    close: async () => {
      waiting = [];
      await pause(ACKS_ARRIVE_WITHIN_MS);
      await connection.close();
      await pool.end();
    },
  };
}

/** Inbox, rows and outbox of a batch in one transaction. */
async function commit(pool: pg.Pool, batch: readonly ConsumeMessage[]): Promise<Taken[]> {
  const client = await pool.connect();
  const run = <R extends pg.QueryResultRow>(name: string, text: string, values: unknown[]) =>
    client.query<R>({ name, text, values });
  try {
    const ids = batch.map(({ properties }) => properties.messageId as string);
    const skus = batch.map(({ content }) => skuOf(content));
    const [, claimed, locked] = await Promise.all([
      client.query('BEGIN'),
      run<{ id: string }>('claim', CLAIM, [ids]),
      run<{ sku: string; on_hand: string; version: number }>('lock', LOCK, [[...new Set(skus)]]),
    ]);
    const isNew = new Set(claimed.rows.map(({ id }) => id));
    const rows = new Map(locked.rows.map((row) => [row.sku, { ...row, onHand: Number(row.on_hand) }]));
    const taken = skus.flatMap((sku, index) => (isNew.has(ids[index]!) ? [takeOne(rows.get(sku)!)] : []));
    const changed = [...rows.values()];
    await Promise.all([
      run('update', UPDATE, [
        changed.map(({ sku }) => sku),
        changed.map(({ onHand }) => onHand),
        changed.map(({ version }) => version),
      ]),
      run('outbox', OUTBOX, [taken.map(({ id }) => id), taken.map(({ body }) => body)]),
      client.query('COMMIT'),
    ]);
    return taken;
  } finally {
    client.release();
  }
}

function takeOne(row: { sku: string; onHand: number; version: number }): Taken {
  row.onHand -= 1;
  row.version += 1;
  const { sku, onHand, version } = row;
  return { id: randomUUID(), body: JSON.stringify({ sku, onHand, version }) };
}

function skuOf(content: Buffer): string {
  return (JSON.parse(content.toString()) as { sku: string }).sku;
}
