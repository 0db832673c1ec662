import { randomUUID } from 'node:crypto';
import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Message } from '@sluice/contracts/kit';
import type { Pool } from 'pg';
import { PeriodicTask } from './periodic-task.js';

/** A state that must not last: for example, a request that waits for its reply. */
export interface OverdueState {
  /** Log text after the number of rows: `captures without an outcome`. */
  readonly found: string;
  /** Selects the `id`s of overdue rows, oldest first, by the database's `now()`, at most `BATCH_SIZE`. */
  readonly sql: string;
  readonly parameters?: readonly unknown[];
  /**
   * Sends the request again. Checks under the row's lock whether the state still lasts, so a repeat changes nothing.
   */
  readonly resend: (message: Message, id: string) => Promise<unknown>;
}

/** Maximum time between two requests; the same as between the hourly retries of a message. */
const MAX_PAUSE = "interval '1 hour'";

/**
 * SQL condition: the request must be sent again. `$1` seconds after the first request, then each time after twice as
 * long, so that a receiver that fails for hours is not flooded.
 * @param firstRequest column (or expression) with the time of the first request
 * @param lastRequest column (or expression) with the time of the last request
 */
export const overdueSince = ({ firstRequest, lastRequest }: { firstRequest: string; lastRequest: string }): string =>
  `${lastRequest} <= now() -
    greatest(make_interval(secs => $1), least(${lastRequest} - ${firstRequest}, ${MAX_PAUSE}))`;

/** Maximum number of rows per query: about one commit. */
export const BATCH_SIZE = 500;

/**
 * Finds overdue states and sends their requests again. Any number of processes may sweep one database. A row that fails
 * does not delay others, and is tried again in the next round.
 */
export class Sweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger: Logger;
  readonly #task: PeriodicTask;
  #stopping = false;

  /** @param everyMs minimum time from the beginning of one round to the next; milliseconds */
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

  /** Continues after a full round, because more overdue rows may be left. */
  async #sweepOne(state: OverdueState): Promise<void> {
    for (let found = BATCH_SIZE; found === BATCH_SIZE && !this.#stopping;) found = await this.#round(state);
  }

  async #round({ found, sql, parameters = [], resend }: OverdueState): Promise<number> {
    const { rows } = await this.pool.query<{ id: string }>(sql, [...parameters]);
    const results = await Promise.allSettled(rows.map(({ id }) => resend(this.#messageOf(id), id)));
    if (rows.length > 0) this.#logger.warn(`${rows.length} ${found}`);
    // Ends the loop, because the next query would return the failed rows again at once.
    throwFirst(results);
    return rows.length;
  }

  /** Creates a message with a new id each time; the rule checks under the lock whether the request is still needed. */
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
