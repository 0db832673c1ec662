import type { Pool, QueryResult } from 'pg';
import type { Batch } from './batch.js';
import { CHANGED } from './collection.js';
import { DatabaseClock } from './database-clock.js';
import { countCached } from './metrics.js';
import type { OutboxRelay } from './relay.js';
import { RowCache } from './row-cache.js';
import { transaction, transactionAtOnce, type Begun, type Ending } from './transaction.js';

export interface CommitOptions {
  /** True: changes that need held rows are left out, instead of waiting in the transaction. */
  skipLocked?: boolean;
  /** True: rows that this process has committed are not read, but checked by the transaction that has written them. */
  cached?: boolean;
}

/**
 * Lock timeout with `skipLocked`, which skips held rows but still waits for keys that are being inserted.
 * Milliseconds.
 */
const HELD_LOCK_TIMEOUT_MS = 20;

/** Commits batches: in one round trip when all their rows are cached, in two otherwise. */
export class Committer {
  readonly #cache = new RowCache();
  readonly #clock = new DatabaseClock();

  constructor(
    private readonly pool: Pool,
    private readonly relay: Pick<OutboxRelay, 'deleteConfirmed'>,
  ) {}

  /**
   * Also deletes messages of earlier commits that the broker has confirmed, unless rows are skipped: a delete cannot
   * skip a row that a sweep of another process holds.
   * @throws the error of the transaction; the cache is empty then
   */
  async commit(batch: Batch, { skipLocked = false, cached = false }: CommitOptions): Promise<void> {
    const riding = skipLocked ? undefined : this.relay.deleteConfirmed();
    const withDeletes = ({ statements, commit }: Ending): Ending => ({
      statements: [...statements, ...((commit && riding?.statements) || [])],
      commit,
    });
    let committed = false;
    try {
      const decided = cached ? this.#decided(batch) : undefined;
      committed = decided
        ? await this.#atOnce(batch, withDeletes(decided))
        : await this.#inTwoTrips(batch, withDeletes, skipLocked);
    } catch (error) {
      this.#forget(error);
      throw error;
    } finally {
      riding?.end(committed);
    }
  }

  #decided(batch: Batch): Ending | undefined {
    const now = this.#clock.now();
    return now && batch.decideFrom(this.#cache, now);
  }

  async #atOnce(batch: Batch, ending: Ending): Promise<boolean> {
    const begun = await transactionAtOnce(this.pool, batch.claimNew(), ending);
    countCached('committed');
    this.#clock.set(begun.now);
    batch.leaveIn(this.#cache, begun.id);
    return ending.commit;
  }

  async #inTwoTrips(batch: Batch, withDeletes: (ending: Ending) => Ending, skipLocked: boolean): Promise<boolean> {
    const options = { claim: batch.claim(), ...(skipLocked && { lockTimeoutMs: HELD_LOCK_TIMEOUT_MS }) };
    let begun: Begun;
    const decide = (results: QueryResult[], shown: Begun): Ending => {
      begun = shown;
      this.#clock.set(shown.now);
      return withDeletes(batch.decide(results, shown));
    };
    const committed = await transaction(this.pool, batch.reads(), decide, options);
    batch.leaveIn(this.#cache, begun!.id);
    return committed;
  }

  /** After any error: a database that was restored from a backup has other rows under the same ids of transactions. */
  #forget(error: unknown): void {
    if (!isChanged(error)) return this.#cache.clear();
    this.#cache.suspend();
    countCached('changed');
  }
}

/** Returns whether another process had changed a cached row, so that the same changes may succeed on rows that are read. */
export const isChanged = (error: unknown): boolean => (error as { code?: unknown }).code === CHANGED;
