import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Span } from '@opentelemetry/api';
import type { Message } from '@sluice/contracts/kit';
import { DATABASE, dependencies, faultOf, isLocked, LockedError, type DELEGATED, type Fault } from '@sluice/messaging';
import type { Pool, QueryResult } from 'pg';
import { Batch, idOf, rowsOf, type BatchOptions, type BatchOutcome, type Change, type Outcome } from './batch.js';
import { keyColumns } from './collection.js';
import type { Decide, Keys, Tables } from './decision.js';
import { Batcher, MAX_PATIENT } from './batcher.js';
import { lockOrder, type OrderedTables } from './lock-order.js';
import { countBatch } from './metrics.js';
import type { OutboxRelay } from './relay.js';
import { handlerSpan, inCommitSpan } from './tracing.js';
import { Pairs } from './pairs.js';
import { RowWaiters } from './row-waiters.js';
import { transaction, type Begun, type Ending } from './transaction.js';

export interface UnitOfWorkOptions<T extends Tables> {
  pool: Pool;
  /** Publishes the committed messages; one relay per process. What it does not take is left to the next sweep. */
  relay: Pick<OutboxRelay, 'forward' | 'untilCapacity' | 'deleteConfirmed'> & Pick<BatchOptions, 'unheard'>;
  /** Name of the service; part of every message that it sends. */
  source: string;
  tables: T;
  /**
   * Publish the facts of one commit that have the same type as one message (default). False until every consumer can
   * read such a message: docs/decisions/0034.
   */
  publishBatches?: boolean;
  /**
   * Messages that a consumer holds at a time, when they may be fewer than ten: with so many changes that may wait, no
   * further message arrives, so they wait no longer.
   */
  prefetch?: number;
  /** Called after every commit with the number of its messages and its duration (ms). */
  onBatch?: (batch: { size: number; ms: number }) => void;
}

export interface ChangeOptions {
  /** True: nobody waits for this change, so it joins the next commit, or has its own after 200 ms. */
  mayWait?: boolean;
  /**
   * Two changes with the same pair are expected at about the same time, and only the second has a consequence: they
   * share a commit if the second comes within 10 ms.
   */
  pair?: string;
}

interface Waiting extends Change {
  readonly span: Span | undefined;
  /** Time at which the change began to wait for a row (`performance.now()`). */
  readonly heldSince?: number;
  complete(outcome: Outcome): void;
}

/** Limits how long one batch holds its locks (about 50 ms). Larger batches than a few hundred are hardly faster. */
const MAX_BATCH = 500;
/** Tries of a message whose transaction loses its connection, before the message is treated as the cause. */
const MAX_TRIES = 5;
/**
 * Tries of a whole batch after a lost connection: a server that has closed its connections may accept new ones at
 * once.
 */
const BATCH_TRIES = 3;
/**
 * Tries of a whole batch while other transactions insert rows that it has read as absent. Every such try means that
 * another one has committed; only many units of work that begin the same rows at the same moment need more.
 */
const TAKEN_TRIES = 5;
/** Pause in which the pool detects that its other connections are closed too. Milliseconds. */
const RETRY_PAUSE_MS = 50;
/** After so many consecutive messages that failed alone because of the database, the rest of the batch is not tried. */
const FAILURES_IN_A_ROW = 2;
/**
 * Lock timeout with `skipLocked`, which skips held rows but still waits for keys that are being inserted.
 * Milliseconds.
 */
const HELD_LOCK_TIMEOUT_MS = 20;

/**
 * Changes a service's state exactly once per message: inbox entry, rows, history and outgoing messages are committed
 * together or not at all. Messages that arrive during a commit share the next one.
 *
 * The consumer's prefetch limits how many changes wait: a message is acknowledged only after its change is committed.
 */
export class UnitOfWork<T extends Tables> {
  readonly #logger = new Logger('UnitOfWork');
  readonly #tables: OrderedTables;
  readonly #batcher: Batcher<Waiting>;
  readonly #pairs = new Pairs<Waiting>((changes) => changes.forEach((change) => this.#batcher.add(change)));
  readonly #rowWaiters = new RowWaiters<Waiting>();

  constructor(private readonly options: UnitOfWorkOptions<T>) {
    this.#tables = lockOrder(options.tables);
    const maxPatient = Math.min(MAX_PATIENT, options.prefetch ?? MAX_PATIENT);
    this.#batcher = new Batcher((batch) => this.#commitReady(batch), batchSize, maxPatient);
  }

  /**
   * Resolves after the commit to the decision's reply, or to DELEGATED when one of its messages replies to the caller.
   * A message that was handled before changes and sends nothing. If a caller waits, its rule runs again on the current
   * state, for the reply.
   *
   * A change that needs a row held by another transaction waits outside of the batch, while the others commit.
   * @throws the rule's or the database's error; the message has then changed nothing and may be retried
   * @throws LockedError a row was held for longer than 5 s, or too many changes wait for such rows
   * @throws ProblemError the decision's `problem`, after the commit
   */
  change<R>(
    message: Message,
    keys: Keys<T>,
    decide: Decide<R, T>,
    { mayWait = false, pair }: ChangeOptions = {},
  ): Promise<R | undefined | typeof DELEGATED> {
    return new Promise((resolve, reject) => {
      const change = { message, keys, decide } as unknown as Change;
      this.#check(change.keys);
      const complete = (outcome: Outcome): void =>
        'error' in outcome ? reject(outcome.error) : resolve(outcome.answer as R);
      const waiting = { span: handlerSpan(), complete, ...change };
      if (pair !== undefined) this.#pairs.add(pair, waiting);
      else if (mayWait) this.#batcher.addPatient(waiting);
      else this.#batcher.add(waiting);
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
    await this.#commitOnce(ready, someWereHeld);
  }

  /** Adds a new change to the waiters if it needs a held row; a change that has waited is tried again instead. */
  #joinsWaiters(change: Waiting): boolean {
    const held = change.heldSince === undefined ? this.#rowWaiters.heldRowsOf(change) : [];
    if (held.length > 0) this.#wait([{ change, held }]);
    return held.length > 0;
  }

  async #recover(changes: Waiting[], error: unknown, skipLocked: boolean, tries = 1): Promise<void> {
    if (!skipLocked && isTaken(error) && tries < TAKEN_TRIES) return this.#commitOnce(changes, skipLocked, tries + 1);
    if (!skipLocked && needsEveryLock(error)) return this.#commitSkippingLocked(changes);
    if (isLocked(error)) return this.#commitEachSkippingLocked(changes);
    if (tries < BATCH_TRIES && isConnectionFault(error)) return this.#commitAgain(changes, skipLocked, tries);
    if (affectsAllMessages(faultOf(error))) return completeAll(changes, { error });
    await this.#commitEach(changes, error);
  }

  /**
   * Locks every key before the rules run, absent ones too, and commits the changes that do not need a row held by
   * another transaction.
   */
  #commitSkippingLocked(changes: Waiting[]): Promise<void> {
    return this.#commitOnce(changes, true);
  }

  async #commitAgain(changes: Waiting[], skipLocked: boolean, tries: number): Promise<void> {
    await pause(RETRY_PAUSE_MS);
    await this.#commitOnce(changes, skipLocked, tries + 1);
  }

  #commitOnce(changes: Waiting[], skipLocked: boolean, tries = 1): Promise<void> {
    return this.#commit(changes, { skipLocked }).catch((error: unknown) =>
      this.#recover(changes, error, skipLocked, tries),
    );
  }

  /**
   * Commits change by change, because another transaction is inserting a key of this batch, and even reads wait for
   * it.
   */
  async #commitEachSkippingLocked(changes: Waiting[]): Promise<void> {
    const stuck: string[][] = [];
    for (const change of changes) {
      // The database does not report which of the keys is being inserted.
      const held = rowsOf(change);
      const wait = (): void => {
        stuck.push(held);
        this.#wait([{ change, held }]);
      };
      if (stuck.some((rows) => rows.every((row) => held.includes(row))))
        wait(); // a stuck change needs only rows that this change needs too
      else
        await this.#commit([change], { skipLocked: true }).catch((error: unknown) =>
          isLocked(error) ? wait() : this.#commitEach([change], error),
        );
    }
  }

  /** Adds changes to the waiters, and schedules their next try. */
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

  /** Commits change by change after a batch has failed, to find the message that is the cause, if any. */
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

  /** @returns the error; undefined after a success */
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
      if (needsEveryLock(error)) return void (await this.#commitSkippingLocked([change]));
      return this.#commitAlone(change, attempt + 1, error);
    }
  }

  /**
   * @param skipLocked true: changes that need held rows join the waiters, instead of waiting in the transaction
   * @throws the error of the transaction; no change is completed then
   */
  async #commit(changes: Waiting[], { skipLocked = false } = {}): Promise<void> {
    const { relay, source, publishBatches = true, onBatch } = this.options;
    const began = performance.now();
    const { unheard } = relay;
    const batch = new Batch(this.#tables, source, changes, { skipLocked, publishBatches, unheard });
    await inCommitSpan(
      changes.map(({ span }) => span),
      () => this.#transact(batch, skipLocked),
    );
    dependencies.succeeded(DATABASE);
    relay.forward(batch.outbox, batch);
    const held = changes.flatMap((change, index) => completeUnlessHeld(change, batch.outcomes[index]!));
    this.#wait(held);
    const ms = performance.now() - began;
    countBatch(changes.length - held.length, ms);
    onBatch?.({ size: changes.length - held.length, ms });
  }

  /**
   * Also deletes messages of earlier commits that the broker has confirmed, unless rows are skipped: a delete cannot
   * skip a row that a sweep of another process holds.
   */
  async #transact(batch: Batch, skipLocked: boolean): Promise<void> {
    const { pool, relay } = this.options;
    const riding = skipLocked ? undefined : relay.deleteConfirmed();
    const decide = (results: QueryResult[], begun: Begun): Ending => {
      const { statements, commit } = batch.decide(results, begun);
      return { statements: [...statements, ...((commit && riding?.statements) || [])], commit };
    };
    let committed = false;
    try {
      const options = { claim: batch.claim(), ...(skipLocked && { lockTimeoutMs: HELD_LOCK_TIMEOUT_MS }) };
      committed = await transaction(pool, batch.reads(), decide, options);
    } finally {
      riding?.end(committed);
    }
  }
}

/** Completes a change. @returns the change and its held rows instead when it must wait */
function completeUnlessHeld(change: Waiting, outcome: BatchOutcome): { change: Waiting; held: readonly string[] }[] {
  if ('held' in outcome) return [{ change, held: outcome.held }];
  change.complete(outcome);
  return [];
}

const completeAll = (changes: readonly Waiting[], outcome: Outcome): void =>
  changes.forEach((change) => change.complete(outcome));

/** Returns whether another transaction may have inserted a row that was absent when it was read. */
const isTaken = (error: unknown): boolean => (error as { code?: unknown }).code === TAKEN;

/** Returns whether the work may succeed when it locks every key first. */
const needsEveryLock = (error: unknown): boolean => isLocked(error) || isTaken(error);

/** Returns whether the database fails for every message, so that trying each one alone is useless. */
const affectsAllMessages = (fault: Fault): boolean => fault.whose === 'environment' && !fault.mayBePoison;

/** `query_canceled` and `unique_violation`: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const CANCELED = '57014';
const TAKEN = '23505';

/**
 * Returns whether the same work may succeed when repeated: the connection broke, or the server aborted this
 * transaction. A statement that was too slow is not retried.
 */
function isRetryable(error: unknown): boolean {
  const fault = faultOf(error);
  return fault.whose === 'environment' && fault.mayBePoison && (error as { code?: unknown }).code !== CANCELED;
}

/** Returns whether the connection broke, or none was available; false when the server reported an `ERROR`. */
const isConnectionFault = (error: unknown): boolean =>
  isRetryable(error) ||
  (faultOf(error).whose === 'environment' && (error as { severity?: unknown }).severity !== 'ERROR');

/** A redelivered message is committed alone, because it may have crashed its consumer before. */
function batchSize(waiting: readonly Waiting[]): number {
  const firstRedelivered = waiting.findIndex(({ message }) => message.redelivered);
  return firstRedelivered === 0 ? 1 : Math.min(firstRedelivered < 0 ? waiting.length : firstRedelivered, MAX_BATCH);
}

/** Merges deliveries of the same message: it is handled once, and all deliveries get the outcome. */
function deduplicated(waiting: Waiting[]): Waiting[] {
  const byId = new Map<string, Waiting[]>();
  for (const change of waiting) byId.set(idOf(change), [...(byId.get(idOf(change)) ?? []), change]);
  return [...byId.values()].map((duplicates) => ({
    ...duplicates[0]!,
    complete: (outcome) => duplicates.forEach((duplicate) => duplicate.complete(outcome)),
  }));
}
