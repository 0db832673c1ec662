import type { Pool } from 'pg';
import type { Collection } from './collection.js';

/** The rows of a commit, as it has left them. */
export interface Committed {
  /** Undefined: the commit did not have the row, or there is none. */
  rowOf(table: Collection, key: string): object | undefined;
}

/** What waited longer is read, as it may have changed meanwhile. Milliseconds. */
const MAX_AGE_MS = 100;

/**
 * The rows of commits whose messages this process handles itself, right after the commit. Each is handed to its message
 * once, so that a second try reads the rows as they are then.
 */
export class CommittedRows {
  readonly #byMessage = new Map<string, { committed: Committed; since: number }>();

  /** @param id of a message that the commit has sent */
  add(id: string, committed: Committed): void {
    this.#byMessage.set(id, { committed, since: performance.now() });
  }

  /** Undefined: the message came through the broker, was tried before, or had to wait. */
  take(id: string): Committed | undefined {
    const found = this.#byMessage.get(id);
    this.#byMessage.delete(id);
    return found && performance.now() - found.since <= MAX_AGE_MS ? found.committed : undefined;
  }

  /** Call when the message has been handled. */
  forget(id: string): void {
    this.#byMessage.delete(id);
  }
}

const byPool = new WeakMap<Pool, CommittedRows>();

/** Those of a database: what commits and what reads share only its pool. */
export function committedRows(pool: Pool): CommittedRows {
  const rows = byPool.get(pool) ?? new CommittedRows();
  byPool.set(pool, rows);
  return rows;
}
