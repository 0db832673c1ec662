import type { Statement } from './transaction.js';
import { Batcher } from './batcher.js';
import { deleteRows } from './outbox.js';

/** Maximum number of ids in one delete; they are bound as one array. */
const MAX_DELETE = 1_000;
/** So many ids ride in the next commit: one delete of many costs little more than one of few. */
const ENOUGH = 20;
/** After this the ids ride in the next commit, however few they are. Milliseconds. */
const RIDE_AFTER_MS = 100;
/**
 * How long confirmed ids wait for a commit that deletes them. Longer than the pause between two commits under load;
 * short against the age at which a sweep takes a row (`relay.ts`). Milliseconds.
 */
const WAIT_FOR_COMMIT_MS = 200;

/** A delete that rides in the writes of a transaction. `end` must be called when that transaction has ended. */
export interface RidingDelete {
  /** The delete; empty when there is nothing to delete. */
  readonly statements: readonly Statement[];
  /** @param committed false: the ids are deleted in a transaction of their own */
  end(committed: boolean): void;
}

/**
 * The ids of published messages that are still in the outbox. A commit of a unit of work deletes them, some at a time,
 * which costs one statement instead of one transaction. When no commit comes, they get a transaction of their own.
 */
export class ConfirmedIds {
  #waiting: string[] = [];
  /** When the first of them was added (`performance.now()`). */
  #since = 0;
  #timer: NodeJS.Timeout | undefined;
  #mayWait = true;
  readonly #alone: Batcher<string>;

  /**
   * @param deleteAlone deletes ids in a transaction of their own; never rejects
   * @param deleted called with ids that a riding delete has deleted
   */
  constructor(
    deleteAlone: (ids: string[]) => Promise<void>,
    private readonly deleted: (ids: readonly string[]) => void,
  ) {
    this.#alone = new Batcher(deleteAlone, (ids) => Math.min(ids.length, MAX_DELETE));
  }

  add(id: string): void {
    if (this.#waiting.push(id) === 1) this.#since = performance.now();
    if (!this.#mayWait || this.#waiting.length >= MAX_DELETE) this.deleteNow();
    else this.#timer ??= setTimeout(() => this.deleteNow(), WAIT_FOR_COMMIT_MS);
  }

  /** Takes the waiting ids into a transaction that runs anyway, if they are enough or have waited. */
  ride(): RidingDelete {
    const mayRide = this.#waiting.length >= ENOUGH || performance.now() - this.#since >= RIDE_AFTER_MS;
    const ids = mayRide ? this.#take() : [];
    return {
      statements: ids.length > 0 ? [deleteRows(ids)] : [],
      end: (committed) => {
        if (committed) this.deleted(ids);
        else this.#deleteAlone(ids);
      },
    };
  }

  /** Begins to delete the waiting ids, without waiting for a commit. */
  deleteNow(): void {
    this.#deleteAlone(this.#take());
  }

  /** From now on no id waits for a commit. */
  stopWaiting(): void {
    this.#mayWait = false;
    this.deleteNow();
  }

  /** Resolves when no transaction of their own deletes ids. */
  idle(): Promise<void> {
    return this.#alone.idle();
  }

  #take(): string[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ids = this.#waiting;
    this.#waiting = [];
    return ids;
  }

  #deleteAlone(ids: readonly string[]): void {
    for (const id of ids) this.#alone.add(id);
  }
}
