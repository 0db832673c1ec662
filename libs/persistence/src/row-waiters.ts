import { rowsOf, type Change } from './batch.js';

/** Maximum number of waiting changes. Each uses one place of the consumer's prefetch, which other messages need too. */
const MAX_WAITING = 20;
/** After this wait the change fails with LockedError, and its message waits in the broker. Milliseconds. */
const MAX_WAIT_MS = 5_000;
/** Pause between the first and the second try; doubles with each try. Milliseconds. */
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 500;

/**
 * The changes of a unit of work that wait for rows held by another transaction, in the order of their arrival. Later
 * changes that need one of these rows are added without a try; changes that need other rows are not delayed.
 * Does no I/O; time is an argument.
 */
export class RowWaiters<C extends Pick<Change, 'keys'>> {
  #waiting: { readonly change: C; readonly since: number }[] = [];
  readonly #rows = new Set<string>();
  #attempts = 0;

  get size(): number {
    return this.#waiting.length;
  }

  /** Returns the rows of a change that another transaction was holding at the last try. */
  heldRowsOf(change: C): string[] {
    return this.#rows.size > 0 ? rowsOf(change).filter((row) => this.#rows.has(row)) : [];
  }

  /**
   * @param held rows that the change waits for
   * @param since time at which the change began to wait; stays the same over several tries. Milliseconds
   * @returns false when too many changes wait, or this one has waited too long
   */
  add(change: C, held: readonly string[], since: number, now: number): boolean {
    for (const row of held) this.#rows.add(row);
    if (this.#waiting.length >= MAX_WAITING || now - since > MAX_WAIT_MS) return false;
    this.#waiting.push({ change, since });
    return true;
  }

  /** Removes and returns all waiting changes, to be tried again before all others. */
  take(): { readonly change: C; readonly since: number }[] {
    this.#rows.clear();
    return this.#waiting.splice(0);
  }

  /** Returns the pause until the next try: the shortest again after a try that found free rows. Milliseconds. */
  pauseMs(someWereFree: boolean): number {
    this.#attempts = someWereFree ? 0 : this.#attempts + 1;
    return Math.min(FIRST_PAUSE_MS * 2 ** this.#attempts, MAX_PAUSE_MS);
  }
}
