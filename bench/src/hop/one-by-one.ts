import type { Message } from '@sluice/contracts';
import { encode } from '@sluice/messaging';
import { newId, type OutboxRelay } from '@sluice/persistence';
import type { Pool } from 'pg';
import { SERVICE, take, type Stock, type Take } from './stock.js';

const CLAIM = 'INSERT INTO inbox (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id';
const STUB = 'INSERT INTO stock (sku) VALUES ($1) ON CONFLICT (sku) DO NOTHING';
const LOCK = 'SELECT sku, on_hand AS "onHand", version FROM stock WHERE sku = $1 FOR NO KEY UPDATE';
const UPDATE = 'UPDATE stock SET on_hand = $2, version = $3 WHERE sku = $1';
const OUTBOX = 'INSERT INTO outbox (id, wire) VALUES ($1, $2)';

/**
 * The peer: the same rule, the same effects and the same relay, with one transaction per message. The comparison is
 * fair: its statements are prepared and pipelined into two round trips like those of the unit of work, and 16
 * transactions run concurrently (the size of the pool; further messages wait for a connection).
 */
export const oneByOne =
  (pool: Pool, relay: OutboxRelay) =>
  async (message: Message<typeof Take>): Promise<void> => {
    const client = await pool.connect();
    const run = (name: string, text: string, values: unknown[]) => client.query({ name, text, values });
    try {
      const { sku } = message.data;
      const [, claimed, , locked] = await Promise.all([
        client.query('BEGIN'),
        run('claim', CLAIM, [message.id]),
        run('stub', STUB, [sku]),
        run('lock', LOCK, [sku]),
      ]);
      if (claimed.rowCount === 0) return void (await client.query('ROLLBACK'));
      const { state, messages } = take(message.data, { stock: { [sku]: locked.rows[0] as Stock } });
      const { onHand, version } = state!.stock![sku]!;
      const id = newId();
      const wire = encode(messages![0]!, {
        id,
        time: new Date().toISOString(),
        correlationId: message.correlationId,
        causationId: message.id,
        source: SERVICE,
      });
      await Promise.all([
        run('update', UPDATE, [sku, onHand, version]),
        run('outbox', OUTBOX, [id, JSON.stringify(wire)]),
        client.query('COMMIT'),
      ]);
      relay.forward([{ id, wire }]);
    } finally {
      client.release();
    }
  };
