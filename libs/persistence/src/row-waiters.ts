import { rowsOf, type Change } from './batch.js';

/** At most so many wait in memory: each takes a place of the consumer's prefetch, which those that need other rows want too. */
const MOST = 20;
/** After this the change fails with LockedError, and its message waits in the broker. Milliseconds. */
const PATIENCE_MS = 5_000;
/** From the first look at a held row to the second; it doubles. Milliseconds. */
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 500;

/**
 * The changes of a unit of work that need a row which another transaction holds, in the order of their arrival. While it is
 * held, those that need it too join them without a try; what needs only their other rows goes on. Decides only; time is an argument.
 */
export class RowWaiters<C extends Pick<Change, 'keys'>> {
  #waiting: { readonly change: C; readonly since: number }[] = [];
  readonly #rows = new Set<string>();
  #attempts = 0;

  get size(): number {
    return this.#waiting.length;
  }

  /** The rows of a change that are known to be held. */
  heldRowsOf(change: C): string[] {
    return this.#rows.size > 0 ? rowsOf(change).filter((row) => this.#rows.has(row)) : [];
  }

  /**
   * @param held the rows that it waits for @param since when it was first found waiting: it keeps its age from look to look
   * @returns false when too many wait, or it has waited for too long
   */
  add(change: C, held: readonly string[], since: number, now: number): boolean {
    for (const row of held) this.#rows.add(row);
    if (this.#waiting.length >= MOST || now - since > PATIENCE_MS) return false;
    this.#waiting.push({ change, since });
    return true;
  }

  /** Takes all, to be tried once more before anything else. */
  take(): { readonly change: C; readonly since: number }[] {
    this.#rows.clear();
    return this.#waiting.splice(0);
  }

  /** How long until the next look: short when a look has set some free. Milliseconds. */
  pauseMs(foundSomeFree: boolean): number {
    this.#attempts = foundSomeFree ? 0 : this.#attempts + 1;
    return Math.min(FIRST_PAUSE_MS * 2 ** this.#attempts, MAX_PAUSE_MS);
  }
}
