import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Span } from '@opentelemetry/api';
import type { Message } from '@sluice/contracts';
import type { DELEGATED } from '@sluice/messaging';
import type { Pool } from 'pg';
import { Batch, idOf, type Change, type Outcome } from './batch.js';
import { keyColumns } from './collection.js';
import type { Decide, Keys, Tables } from './decision.js';
import { worthAnotherTry } from './failure.js';
import { Gathering } from './gathering.js';
import { lockOrder, type OrderedTables } from './lock-order.js';
import { countBatch } from './metrics.js';
import type { OutboxRelay } from './relay.js';
import { handlerSpan, inCommitSpan } from './tracing.js';
import { NotConnectedError, transaction } from './transaction.js';

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
  settle(outcome: Outcome): void;
}

/** Bounds how long one batch holds its locks (some 50 ms); beyond a few hundred, larger batches gain next to nothing. */
const MAX_BATCH = 500;
/** Connections that break in the middle of one message's transaction before that message is suspected of breaking them. */
const MAX_TRIES = 5;
/** Lets the pool notice that its other connections are gone too. */
const RETRY_PAUSE_MS = 50;
/** Between two attempts to reach a database that is down. */
const OUTAGE_PAUSE_MS = 500;

/**
 * Changes a service's state, exactly once per message: the inbox, the rows, the history and the outgoing messages of a
 * message commit together or not at all. Messages that arrive while a commit is under way share the next one.
 *
 * What waits here is bounded by the consumer's prefetch: a message is not acknowledged before its change is committed.
 */
export class UnitOfWork<T extends Tables> {
  readonly #logger = new Logger('UnitOfWork');
  readonly #tables: OrderedTables;
  readonly #gathering: Gathering<Waiting>;

  constructor(private readonly options: UnitOfWorkOptions<T>) {
    this.#tables = lockOrder(options.tables);
    this.#gathering = new Gathering((batch) => this.#work(batch), batchSize);
  }

  /**
   * Resolves, once all of it is committed, to the decision's reply, or to DELEGATED when one of its messages answers the
   * caller. A message that was handled before changes and sends nothing; its rule still runs when a caller waits, on the
   * current state, to give the answer.
   *
   * While the database cannot be reached the change waits for it.
   * @throws what the rule throws, or the database's error about this message; it has then changed nothing and may come again
   */
  change<R>(message: Message, keys: Keys<T>, decide: Decide<R, T>): Promise<R | undefined | typeof DELEGATED> {
    return new Promise((resolve, reject) => {
      const change = { message, keys, decide } as unknown as Change;
      this.#check(change.keys);
      const settle = (outcome: Outcome): void => ('error' in outcome ? reject(outcome.error) : resolve(outcome.answer as R));
      this.#gathering.add({ ...change, span: handlerSpan(), settle });
    });
  }

  #check(keys: Change['keys']): void {
    for (const [name, values] of Object.entries(keys)) {
      const collection = this.#tables.collections.get(name);
      if (!collection) throw new Error(`${name} is no collection of this unit of work`);
      for (const key of values ?? []) keyColumns(collection, key);
    }
  }

  async #work(waiting: Waiting[]): Promise<void> {
    await this.options.relay.room();
    const changes = withoutTwins(waiting);
    await this.#commit(changes).catch((error: unknown) => this.#commitEach(changes, error));
  }

  /** The whole batch has failed because of one of its messages, or of none: which one, each finds out for itself. */
  async #commitEach(changes: Waiting[], cause: unknown): Promise<void> {
    if (changes.length > 1) this.#logger.warn(`a batch of ${changes.length} failed and is tried one by one: ${String(cause)}`);
    for (const change of changes) await this.#commitAlone(change, changes.length > 1 ? 1 : 2, cause);
  }

  async #commitAlone(change: Waiting, attempt: number, cause: unknown): Promise<void> {
    if (attempt > 1 && (attempt > MAX_TRIES || !worthAnotherTry(cause))) return change.settle({ error: cause });
    if (attempt > 1) await pause(RETRY_PAUSE_MS);
    await this.#commit([change]).catch((error: unknown) => this.#commitAlone(change, attempt + 1, error));
  }

  /** @throws what made the transaction fail; nobody is settled then */
  async #commit(changes: Waiting[]): Promise<void> {
    const { pool, relay, source, onBatch } = this.options;
    const began = performance.now();
    const attempt = (): Promise<Batch> => {
      const batch = new Batch(this.#tables, source, changes);
      return transaction(pool, batch.reads(), (results) => batch.decide(results)).then(() => batch);
    };
    const handlers = changes.map(({ span }) => span);
    const batch = await inCommitSpan(handlers, () => this.#reaching(attempt));
    relay.forward(batch.outbox);
    changes.forEach((change, index) => change.settle(batch.outcomes[index]!));
    const ms = performance.now() - began;
    countBatch(changes.length, ms);
    onBatch?.({ size: changes.length, ms });
  }

  /** Waits for a database that is down: giving up would send every message through the retry tiers to its dead letters. */
  async #reaching<V>(attempt: () => Promise<V>): Promise<V> {
    for (let outage = false; ; outage = true) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof NotConnectedError) || this.options.pool.ending) throw error;
        if (!outage) this.#logger.warn(`waiting for the database: ${error.message}`);
        await pause(OUTAGE_PAUSE_MS);
      }
    }
  }
}

/** A message that the broker delivered before may have killed its consumer, so it goes alone. */
function batchSize(waiting: readonly Waiting[]): number {
  const suspect = waiting.findIndex(({ message }) => message.redelivered);
  return suspect === 0 ? 1 : Math.min(suspect < 0 ? waiting.length : suspect, MAX_BATCH);
}

/** The same message may be there twice, when the broker delivered it again: it counts once, and both get the answer. */
function withoutTwins(waiting: Waiting[]): Waiting[] {
  const byId = new Map<string, Waiting[]>();
  for (const change of waiting) byId.set(idOf(change), [...(byId.get(idOf(change)) ?? []), change]);
  return [...byId.values()].map((twins) => ({ ...twins[0]!, settle: (outcome) => twins.forEach((twin) => twin.settle(outcome)) }));
}
