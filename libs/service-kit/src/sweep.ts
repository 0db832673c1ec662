import { randomUUID } from 'node:crypto';
import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import type { Pool } from 'pg';
import { PeriodicTask } from './periodic-task.js';

/** A state that should not last: a promise that waits for a message. */
export interface OverdueState {
  /** What is logged beside the number of rows: `captures without an outcome`. */
  readonly found: string;
  /** Selects the `id`s of rows that have been in the state for too long, the oldest first, by the database's own `now()`, at most `BATCH_SIZE`. */
  readonly sql: string;
  readonly parameters?: readonly unknown[];
  /** Asks again. It looks under the row's lock whether the state still lasts, so that a repeat does nothing. */
  readonly resend: (message: Message, id: string) => Promise<unknown>;
}

/** Between two askings at most, as between the hourly tries of a message. */
const MAX_PAUSE = "interval '1 hour'";

/**
 * SQL: it is time to ask again. `$1` seconds after the first time, then after twice as long each time, so that what is sick for
 * hours is not flooded.
 * @param began the column of when it was first asked @param asked the column of when it was last asked
 */
export const overdueSince = ({ began, asked }: { began: string; asked: string }): string =>
  `${asked} <= now() - greatest(make_interval(secs => $1), least(${asked} - ${began}, ${MAX_PAUSE}))`;

/** One commit's worth. */
export const BATCH_SIZE = 500;

/**
 * Looks for states that last too long and asks again. Any number of processes may sweep one database. A row that fails holds up
 * no other; what fails is tried again in the next round.
 */
export class Sweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger: Logger;
  readonly #task: PeriodicTask;
  #stopping = false;

  /** @param everyMs from the beginning of one round to the next, at least */
  constructor(
    private readonly name: string,
    everyMs: number,
    private readonly pool: Pool,
    private readonly overdue: readonly OverdueState[],
  ) {
    this.#logger = new Logger(name);
    this.#task = new PeriodicTask(name, everyMs, () => this.#sweepAll());
  }

  onApplicationBootstrap(): void {
    this.#task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    await this.#task.stop();
  }

  async #sweepAll(): Promise<void> {
    throwFirst(await Promise.allSettled(this.overdue.map((state) => this.#sweepOne(state))));
  }

  /** A full round leaves others behind, who have waited long enough. */
  async #sweepOne(state: OverdueState): Promise<void> {
    for (let found = BATCH_SIZE; found === BATCH_SIZE && !this.#stopping;) found = await this.#round(state);
  }

  async #round({ found, sql, parameters = [], resend }: OverdueState): Promise<number> {
    const { rows } = await this.pool.query<{ id: string }>(sql, [...parameters]);
    const asked = await Promise.allSettled(rows.map(({ id }) => resend(this.#messageOf(id), id)));
    if (rows.length > 0) this.#logger.warn(`${rows.length} ${found}`);
    // The same rows would be found again at once.
    throwFirst(asked);
    return rows.length;
  }

  /** A new id each time: the rule decides under the lock whether there is still something to do. */
  #messageOf(id: string): Message {
    return {
      id: randomUUID(),
      type: `${this.name}.sweep`,
      version: 1,
      correlationId: id,
      time: new Date().toISOString(),
      data: { id },
    };
  }
}

function throwFirst(results: readonly PromiseSettledResult<unknown>[]): void {
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
