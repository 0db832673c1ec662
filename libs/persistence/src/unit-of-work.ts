import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Span } from '@opentelemetry/api';
import type { Message } from '@sluice/contracts';
import { DATABASE, dependencies, faultOf, isLocked, LockedError, type DELEGATED, type Fault } from '@sluice/messaging';
import type { Pool } from 'pg';
import { Batch, idOf, rowsOf, type BatchOutcome, type Change, type Outcome } from './batch.js';
import { keyColumns } from './collection.js';
import type { Decide, Keys, Tables } from './decision.js';
import { Batcher } from './batcher.js';
import { lockOrder, type OrderedTables } from './lock-order.js';
import { countBatch } from './metrics.js';
import type { OutboxRelay } from './relay.js';
import { handlerSpan, inCommitSpan } from './tracing.js';
import { RowWaiters } from './row-waiters.js';
import { transaction } from './transaction.js';

export interface UnitOfWorkOptions<T extends Tables> {
  pool: Pool;
  /** Publishes what is committed; one per process. */
  relay: OutboxRelay;
  /** The service's name, on every message it sends. */
  source: string;
  tables: T;
  /** Told after every commit: how many messages it took together, and how long (ms). */
  onBatch?: (batch: { size: number; ms: number }) => void;
}

interface Waiting extends Change {
  readonly span: Span | undefined;
  /** It was found waiting for a row then (`performance.now()`). */
  readonly heldSince?: number;
  complete(outcome: Outcome): void;
}

/** Bounds how long one batch holds its locks (some 50 ms); beyond a few hundred, larger batches gain next to nothing. */
const MAX_BATCH = 500;
/** Connections that break in the middle of one message's transaction before the message is suspected of breaking them. */
const MAX_TRIES = 5;
/** The same of a whole batch: a server that has ended its connections may take new ones at once. */
const BATCH_TRIES = 3;
/** Lets the pool notice that its other connections are gone too. Milliseconds. */
const RETRY_PAUSE_MS = 50;
/** So many in a row that fail by the database's fault, each alone, are enough to know that all others would. */
const FAILURES_IN_A_ROW = 2;
/** When it is known that some rows are held, nobody waits for them in the transaction: this is for keys that are just being inserted. Milliseconds. */
const HELD_LOCK_TIMEOUT_MS = 20;

/**
 * Changes a service's state, exactly once per message: the inbox, the rows, the history and the outgoing messages of a
 * message commit together or not at all. Messages that arrive while a commit is under way share the next one.
 *
 * What waits here is bounded by the consumer's prefetch: a message is not acknowledged before its change is committed.
 */
export class UnitOfWork<T extends Tables> {
  readonly #logger = new Logger('UnitOfWork');
  readonly #tables: OrderedTables;
  readonly #batcher: Batcher<Waiting>;
  readonly #rowWaiters = new RowWaiters<Waiting>();

  constructor(private readonly options: UnitOfWorkOptions<T>) {
    this.#tables = lockOrder(options.tables);
    this.#batcher = new Batcher((batch) => this.#commitReady(batch), batchSize);
  }

  /**
   * Resolves, once all of it is committed, to the decision's reply, or to DELEGATED when one of its messages answers the
   * caller. A message that was handled before changes and sends nothing; its rule still runs when a caller waits, on the
   * current state, to give the answer.
   *
   * A change that needs a row which another transaction holds waits aside for it, while the others commit.
   * @throws what the rule throws, or the database's error; the message has then changed nothing and may come again.
   *   LockedError a row was held for longer than 5 s, or too many changes wait for such rows
   * @throws ProblemError the decision's `problem`, once all of it is committed
   */
  change<R>(message: Message, keys: Keys<T>, decide: Decide<R, T>): Promise<R | undefined | typeof DELEGATED> {
    return new Promise((resolve, reject) => {
      const change = { message, keys, decide } as unknown as Change;
      this.#check(change.keys);
      const complete = (outcome: Outcome): void =>
        'error' in outcome ? reject(outcome.error) : resolve(outcome.answer as R);
      this.#batcher.add({ ...change, span: handlerSpan(), complete });
    });
  }

  #check(keys: Change['keys']): void {
    for (const [name, values] of Object.entries(keys)) {
      const collection = this.#tables.collections.get(name);
      if (!collection) throw new Error(`${name} is no collection of this unit of work`);
      for (const key of values ?? []) keyColumns(collection, key);
    }
  }

  async #commitReady(waiting: Waiting[]): Promise<void> {
    await this.options.relay.untilCapacity();
    const ready = deduplicated(waiting).filter((change) => !this.#joinsWaiters(change));
    if (ready.length === 0) return;
    const someWereHeld = ready.some(({ heldSince }) => heldSince !== undefined);
    await this.#commit(ready, { skipLocked: someWereHeld }).catch((error: unknown) =>
      this.#recover(ready, error, someWereHeld),
    );
  }

  /** It needs a row that is known to be held. Those that wait already are here to be tried once more. */
  #joinsWaiters(change: Waiting): boolean {
    const held = change.heldSince === undefined ? this.#rowWaiters.heldRowsOf(change) : [];
    if (held.length > 0) this.#wait([{ change, held }]);
    return held.length > 0;
  }

  async #recover(changes: Waiting[], error: unknown, skipLocked: boolean, tries = 1): Promise<void> {
    if (isLocked(error))
      return skipLocked ? this.#commitEachSkippingLocked(changes) : this.#commitSkippingLocked(changes);
    if (tries < BATCH_TRIES && isConnectionFault(error)) return this.#commitAgain(changes, skipLocked, tries);
    if (affectsAllMessages(faultOf(error))) return completeAll(changes, { error });
    await this.#commitEach(changes, error);
  }

  /** Somebody holds rows of this batch: what needs none of them commits now. */
  #commitSkippingLocked(changes: Waiting[]): Promise<void> {
    return this.#commit(changes, { skipLocked: true }).catch((error: unknown) => this.#recover(changes, error, true));
  }

  async #commitAgain(changes: Waiting[], skipLocked: boolean, tries: number): Promise<void> {
    await pause(RETRY_PAUSE_MS);
    await this.#commit(changes, { skipLocked }).catch((error: unknown) =>
      this.#recover(changes, error, skipLocked, tries + 1),
    );
  }

  /** Somebody is inserting a key of this batch, which makes even its reading wait. */
  async #commitEachSkippingLocked(changes: Waiting[]): Promise<void> {
    const stuck: string[][] = [];
    for (const change of changes) {
      // Which of its keys that is, the database does not say.
      const held = rowsOf(change);
      const wait = (): void => {
        stuck.push(held);
        this.#wait([{ change, held }]);
      };
      if (stuck.some((rows) => rows.every((row) => held.includes(row))))
        wait(); // it comes after the one that needs no more than it
      else
        await this.#commit([change], { skipLocked: true }).catch((error: unknown) =>
          isLocked(error) ? wait() : this.#commitEach([change], error),
        );
    }
  }

  /** They are looked at again soon, before all others. */
  #wait(waiting: readonly { change: Waiting; held: readonly string[] }[]): void {
    const now = performance.now();
    const wasEmpty = this.#rowWaiters.size === 0;
    for (const { change, held } of waiting) {
      if (this.#rowWaiters.add(change, held, change.heldSince ?? now, now)) continue;
      change.complete({ error: new LockedError('another transaction holds a row of this message') });
    }
    if (wasEmpty && this.#rowWaiters.size > 0)
      this.#retryWaiters(waiting.some(({ change }) => change.heldSince === undefined));
  }

  #retryWaiters(soon: boolean): void {
    setTimeout(() => {
      const taken = this.#rowWaiters.take();
      this.#batcher.addFirst(taken.map(({ change, since }) => ({ ...change, heldSince: since })));
    }, this.#rowWaiters.pauseMs(soon));
  }

  /** The whole batch has failed because of one of its messages, or of none: which one, each finds out for itself. */
  async #commitEach(changes: Waiting[], cause: unknown): Promise<void> {
    if (changes.length > 1)
      this.#logger.warn(`a batch of ${changes.length} failed and is tried one by one: ${String(cause)}`);
    let inARow = 0;
    for (const [index, change] of changes.entries()) {
      const error = await this.#commitAlone(change, changes.length > 1 ? 1 : 2, cause);
      inARow = faultOf(error).whose === 'environment' ? inARow + 1 : 0;
      if (inARow >= FAILURES_IN_A_ROW) return completeAll(changes.slice(index + 1), { error });
    }
  }

  /** @returns what it failed with; undefined when it did not */
  async #commitAlone(change: Waiting, attempt: number, cause: unknown): Promise<unknown> {
    if (attempt > 1 && (attempt > MAX_TRIES || !isRetryable(cause))) {
      change.complete({ error: cause });
      return cause;
    }
    if (attempt > 1) await pause(RETRY_PAUSE_MS);
    try {
      await this.#commit([change]);
      return undefined;
    } catch (error) {
      if (isLocked(error)) return void (await this.#commitSkippingLocked([change]));
      return this.#commitAlone(change, attempt + 1, error);
    }
  }

  /** @param skipLocked what needs rows that are held waits aside, instead of waiting in the transaction @throws what made the transaction fail; nobody is settled then */
  async #commit(changes: Waiting[], { skipLocked = false } = {}): Promise<void> {
    const { pool, relay, source, onBatch } = this.options;
    const began = performance.now();
    const batch = new Batch(this.#tables, source, changes, skipLocked);
    const lock = skipLocked ? { lockTimeoutMs: HELD_LOCK_TIMEOUT_MS } : {};
    await inCommitSpan(
      changes.map(({ span }) => span),
      () => transaction(pool, batch.reads(), (results, now) => batch.decide(results, now), lock),
    );
    dependencies.succeeded(DATABASE);
    relay.forward(batch.outbox);
    const held = changes.flatMap((change, index) => completeUnlessHeld(change, batch.outcomes[index]!));
    this.#wait(held);
    const ms = performance.now() - began;
    countBatch(changes.length - held.length, ms);
    onBatch?.({ size: changes.length - held.length, ms });
  }
}

/** @returns the change, when it waits for rows */
function completeUnlessHeld(change: Waiting, outcome: BatchOutcome): { change: Waiting; held: readonly string[] }[] {
  if ('held' in outcome) return [{ change, held: outcome.held }];
  change.complete(outcome);
  return [];
}

const completeAll = (changes: readonly Waiting[], outcome: Outcome): void =>
  changes.forEach((change) => change.complete(outcome));

/** The database fails for all messages alike, so none need be tried alone. */
const affectsAllMessages = (fault: Fault): boolean => fault.whose === 'environment' && !fault.mayBePoison;

/** `query_canceled`: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const CANCELED = '57014';

/** The connection broke, or the server chose this transaction to fail: the same work, done again, may succeed. What is too slow will be so again. */
function isRetryable(error: unknown): boolean {
  const fault = faultOf(error);
  return fault.whose === 'environment' && fault.mayBePoison && (error as { code?: unknown }).code !== CANCELED;
}

/** The server has not refused the work (`ERROR`): the connection broke, or none could be had. */
const isConnectionFault = (error: unknown): boolean =>
  isRetryable(error) ||
  (faultOf(error).whose === 'environment' && (error as { severity?: unknown }).severity !== 'ERROR');

/** A message that the broker delivered before may have killed its consumer, so it goes alone. */
function batchSize(waiting: readonly Waiting[]): number {
  const firstRedelivered = waiting.findIndex(({ message }) => message.redelivered);
  return firstRedelivered === 0 ? 1 : Math.min(firstRedelivered < 0 ? waiting.length : firstRedelivered, MAX_BATCH);
}

/** The same message may be there twice, when the broker delivered it again: it counts once, and both get the answer. */
function deduplicated(waiting: Waiting[]): Waiting[] {
  const byId = new Map<string, Waiting[]>();
  for (const change of waiting) byId.set(idOf(change), [...(byId.get(idOf(change)) ?? []), change]);
  return [...byId.values()].map((duplicates) => ({
    ...duplicates[0]!,
    complete: (outcome) => duplicates.forEach((duplicate) => duplicate.complete(outcome)),
  }));
}
