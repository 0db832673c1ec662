import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { factsIn, PublishError, type Publisher, type PublishFailure, type WireMessage } from '@sluice/messaging';
import type { Pool } from 'pg';
import { committedRows, type Committed, type CommittedRows } from './committed-rows.js';
import { ConfirmedIds, type RidingDelete } from './confirmed.js';
import { watchedPools } from './metrics.js';
import { deleteRows, needNotReachDisk, type OutboxRow } from './outbox.js';
import { sweep } from './sweep.js';
import { transaction } from './transaction.js';
import { UnheardFacts } from './unheard-facts.js';

export interface OutboxRelayOptions {
  pool: Pool;
  publisher: Publisher;
  /**
   * Handles a message that this process would send to itself: undefined when it is for others, false when it must be
   * published (`MessageServer.handleHere`). Its row is deleted when it is handled, as after a confirm.
   */
  handleHere?: (message: WireMessage) => Promise<boolean> | undefined;
  /** How long (ms) the relay tries to publish a committed message from memory before it leaves it to the sweep. */
  publishDeadlineMs?: number;
  /** How much older (ms) than the publish deadline a message must be before the sweep takes it. */
  marginMs?: number;
  /** Interval (ms) between sweeps. A sweep without leftovers is one read of an empty index. */
  sweepEveryMs?: number;
}

/** Long enough for a reconnect to the broker, short enough that the sweep publishes a failed message soon. */
const PUBLISH_DEADLINE_MS = 10_000;
/** Maximum delay of a message that a crash has left in the outbox, once it is old enough for the sweep. */
const SWEEP_EVERY_MS = 5_000;
/**
 * Facts in memory from commit to delete: about 5 MB at 1 kB each, and half of the publisher's queue. At this limit
 * units of work wait (`untilCapacity`); while the broker is down, new messages stay only in the outbox.
 */
const MAX_IN_MEMORY = 5_000;
/**
 * Messages that this process handles itself, at a time; further ones are published. Handling one takes a commit, which
 * waits for capacity: they must never fill it.
 */
const MAX_OWN = 500;
/**
 * Added to the publish deadline, so that no sweep takes what another process is still publishing (slow commit, clock
 * difference). A sweep never takes what its own process is publishing, whatever its age.
 */
const MARGIN_MS = 5_000;
/** Pause between tries, so that a broker that closes every connection does not cause a tight loop. */
const RETRY_PAUSE_MS = 100;

/**
 * Publishes the messages in the outbox and deletes each after the broker has confirmed it. Units of work forward
 * messages in memory after each commit, and delete the confirmed ones with their next commit; a sweep publishes those
 * that are no longer in memory. Delivery is at least once.
 */
export class OutboxRelay {
  /** Facts on demand that no queue took a moment ago: units of work leave them out. */
  readonly unheard = new UnheardFacts();
  readonly #logger = new Logger('OutboxRelay');
  readonly #confirmed: ConfirmedIds;
  readonly #committed: CommittedRows;
  readonly #stopping = new AbortController();
  /** Ids of messages that are being published from memory, until they are deleted or left to the sweep; their facts. */
  readonly #inMemory = new Map<string, number>();
  #factsInMemory = 0;
  #own = 0;
  #capacityWaiters: (() => void)[] = [];
  #sweeping?: Promise<void>;
  /** Begins the next sweep now. */
  #endWait = (): void => {};
  #unlisten = (): void => {};

  constructor(private readonly options: OutboxRelayOptions) {
    this.#committed = committedRows(options.pool);
    this.#confirmed = new ConfirmedIds(
      (ids) => this.#delete(ids),
      (ids) => this.#leave(ids),
    );
  }

  /** Starts the sweeps: one now, one each time the broker is back, and one every few seconds. */
  start(): void {
    watchedPools.add(this.options.pool);
    if (this.#sweeping) return;
    this.#unlisten = this.options.publisher.onReady(() => this.#endWait());
    this.#sweeping = this.#keepSweeping();
  }

  /** Publishes messages that were just committed, up to the limit in memory; the sweep publishes the others. */
  forward(messages: readonly OutboxRow[], committed?: Committed): void {
    for (const message of messages) if (this.#factsInMemory < MAX_IN_MEMORY) void this.#publish(message, committed);
  }

  /**
   * Resolves when memory is below its limit, so that commits are not faster than the broker; at once when it is down.
   */
  async untilCapacity(): Promise<void> {
    while (this.#factsInMemory >= MAX_IN_MEMORY && this.options.publisher.ready) {
      this.#confirmed.deleteNow(); // no commit comes that could delete them
      await new Promise<void>((resolve) => this.#capacityWaiters.push(resolve));
    }
  }

  /**
   * Deletes messages that the broker has confirmed within a transaction that runs anyway: a commit of a unit of work.
   */
  deleteConfirmed(): RidingDelete {
    return this.#confirmed.ride();
  }

  /** Finishes what is in flight, within `deadlineMs`; the rest stays in the outbox for the next start. */
  async stop(deadlineMs = 5_000): Promise<void> {
    this.#stopping.abort();
    this.#confirmed.stopWaiting();
    this.#unlisten();
    this.#endWait();
    watchedPools.delete(this.options.pool);
    await Promise.race([this.#drained(), pause(deadlineMs, undefined, { ref: false })]);
  }

  async #drained(): Promise<void> {
    await this.#sweeping;
    while (this.#inMemory.size > 0) await new Promise<void>((resolve) => this.#capacityWaiters.push(resolve));
    await this.#confirmed.idle();
  }

  async #publish({ id, wire }: OutboxRow, committed?: Committed): Promise<void> {
    this.#inMemory.set(id, factsIn(wire));
    this.#factsInMemory += factsIn(wire);
    const own = this.#handledHere(id, wire, committed);
    if ((own && (await own)) || (await this.#published(wire))) this.#confirmed.add(id);
    else this.#leave([id]);
  }

  /** @returns undefined when the message is for others, or when enough messages are being handled here */
  #handledHere(id: string, wire: WireMessage, committed?: Committed): Promise<boolean> | undefined {
    if (committed) this.#committed.add(id, committed);
    const own = this.#own < MAX_OWN ? this.options.handleHere?.(wire) : undefined;
    if (!own) return void this.#committed.forget(id);
    this.#own += 1;
    return own.finally(() => {
      this.#own -= 1;
      this.#committed.forget(id);
    });
  }

  #leave(ids: readonly string[]): void {
    for (const id of ids) {
      this.#factsInMemory -= this.#inMemory.get(id) ?? 0;
      this.#inMemory.delete(id);
    }
    for (const resolve of this.#capacityWaiters.splice(0)) resolve();
  }

  /**
   * Tries until the deadline while the failure is transient; returns false when the sweep has to publish the message.
   */
  async #published(wire: WireMessage): Promise<boolean> {
    const { publisher, publishDeadlineMs = PUBLISH_DEADLINE_MS } = this.options;
    const deadline = performance.now() + publishDeadlineMs;
    for (;;) {
      try {
        const began = performance.now();
        const onUnheard = (): void => this.unheard.add(wire.properties.type, began);
        await publisher.publish(wire, { whenDown: 'wait', deadlineMs: deadline - began, onUnheard });
        return true;
      } catch (error) {
        if (!isTransient(error) || performance.now() + RETRY_PAUSE_MS >= deadline || this.#stopping.signal.aborted)
          return false;
        await pause(RETRY_PAUSE_MS);
      }
    }
  }

  async #delete(ids: string[]): Promise<void> {
    const statements = [needNotReachDisk, deleteRows(ids)];
    await transaction(this.options.pool, [], () => ({ statements, commit: true })).catch((error: unknown) =>
      this.#logger.warn(
        `${ids.length} published messages stay in the outbox and will be published again: ${String(error)}`,
      ),
    );
    this.#leave(ids);
  }

  async #keepSweeping(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#sweep();
      await this.#untilNextSweep();
    }
  }

  /** Resolves when the interval is over, when the broker is back, or when the relay stops. */
  async #untilNextSweep(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const waiting = new AbortController();
    this.#endWait = () => waiting.abort();
    await pause(this.options.sweepEveryMs ?? SWEEP_EVERY_MS, undefined, { signal: waiting.signal }).catch(() => {});
  }

  async #sweep(): Promise<void> {
    const { pool, publisher, publishDeadlineMs = PUBLISH_DEADLINE_MS, marginMs = MARGIN_MS } = this.options;
    const shouldContinue = (): boolean => !this.#stopping.signal.aborted;
    try {
      const { published, refused, reason } = await sweep(
        pool,
        publisher,
        publishDeadlineMs + marginMs,
        shouldContinue,
        () => [...this.#inMemory.keys()],
      );
      if (published > 0) this.#logger.log(`published ${published} messages that were left in the outbox`);
      if (refused > 0) this.#logger.warn(`${refused} messages stay in the outbox: ${String(reason)}`);
    } catch (error) {
      this.#logger.warn(`the outbox could not be swept: ${String(error)}`);
    }
  }
}

/** Failures after which a retry may succeed: the connection broke, or a queue has no leader yet. */
const TRANSIENT: readonly PublishFailure[] = ['unknown', 'not-connected', 'nacked'];
const isTransient = (error: unknown): boolean => error instanceof PublishError && TRANSIENT.includes(error.reason);
