import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CONFIG, PeriodicTask, type DatabaseConfig } from '@sluice/service-kit';
import { Pool } from 'pg';
import type { OrdersConfig } from './config.js';

/** Refusals and early cancellations kept per user. Only a client that repeats refused requests makes more. */
const MAX_PER_USER = 100;
/** Rows that one statement deletes: some milliseconds of work. */
const BATCH = 1_000;

/**
 * Reads rows without a lock and checks them again under it: a row that has become an order meanwhile stays. A row
 * locked by a unit of work is left to the next round. Every record has a user: the index of records says so.
 */
const DELETE_BATCH = `
  DELETE FROM orders WHERE id = ANY(ARRAY(
    SELECT id FROM orders WHERE placed_at IS NULL AND user_id IS NOT NULL AND version > 0 AND id IN (
      SELECT id FROM (
        SELECT id, recorded_at, row_number() OVER (PARTITION BY user_id ORDER BY recorded_at DESC) AS nth
        FROM orders WHERE placed_at IS NULL AND user_id IS NOT NULL AND version > 0
      ) AS records
      WHERE nth > ${MAX_PER_USER} OR recorded_at < now() - $1 * interval '1 day'
      LIMIT ${BATCH}
    )
    FOR UPDATE SKIP LOCKED
  ))`;

/**
 * Deletes refused requests and early cancellations older than the retention of the inbox (a message delivered later
 * than that has no record in the inbox either), and those of a user beyond the newest 100.
 */
export async function pruneRecords(
  pool: Pool,
  retentionDays: number,
  shouldContinue: () => boolean = () => true,
): Promise<number> {
  let pruned = 0;
  for (let rows = BATCH; rows === BATCH && shouldContinue(); pruned += rows)
    rows = (await pool.query(DELETE_BATCH, [retentionDays])).rowCount ?? 0;
  return pruned;
}

/** Prunes periodically, beside the sweep of deadlines. */
@Injectable()
export class RecordsSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #task: PeriodicTask;
  #stopping = false;

  constructor(pool: Pool, @Inject(CONFIG) { RECORDS_PRUNE_MS, INBOX_RETENTION_DAYS }: OrdersConfig & DatabaseConfig) {
    this.#task = new PeriodicTask(
      'records',
      RECORDS_PRUNE_MS,
      async () => void (await pruneRecords(pool, INBOX_RETENTION_DAYS, () => !this.#stopping)),
    );
  }

  onApplicationBootstrap(): void {
    this.#task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    await this.#task.stop();
  }
}
