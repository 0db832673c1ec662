import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { PeriodicTask } from '@sluice/service-kit';
import { Pool } from 'pg';

/** Interval between two sweeps. Milliseconds. */
const EVERY_MS = 600_000;
/** Rows deleted per statement: some ms of work. */
const BATCH = 1_000;

/** A request is decided as if it were a day old at most, so none that is earlier can come later than that. */
const FORGET = `DELETE FROM watches WHERE (sku, user_id) IN (
  SELECT sku, user_id FROM watches
  WHERE NOT watching AND version > 0 AND changed_at < now() - interval '25 hours' LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
)`;

/** Deletes watches that have ended, when no earlier request about them can come any more. */
@Injectable()
export class EndedWatchesSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #task = new PeriodicTask('ended watches', EVERY_MS, () => this.sweep());

  constructor(private readonly pool: Pool) {}

  onApplicationBootstrap(): void {
    this.#task.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#task.stop();
  }

  async sweep(): Promise<void> {
    while ((await this.pool.query(FORGET)).rowCount === BATCH);
  }
}
