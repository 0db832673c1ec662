import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { PublishError, type Publisher, type PublishFailure, type WireMessage } from '@sluice/messaging';
import type { Pool } from 'pg';
import { Batcher } from './batcher.js';
import { watchedPools } from './metrics.js';
import { deleteRows, needNotReachDisk, type OutboxRow } from './outbox.js';
import { sweep } from './sweep.js';
import { transaction } from './transaction.js';

export interface OutboxRelayOptions {
  pool: Pool;
  publisher: Publisher;
  /** How long (ms) a committed message is published from memory before it is left to the sweep. */
  publishDeadlineMs?: number;
  /** How much older (ms) than the publish deadline a message must be before the sweep takes it. */
  marginMs?: number;
  /** How often (ms) leftovers are looked for. A sweep that finds none is one read of an empty index. */
  sweepEveryMs?: number;
}

/** Long enough to bridge a restart of the broker's connection, short enough that a failed message is not late by much. */
const PUBLISH_DEADLINE_MS = 10_000;
/** As late as a message may be that a crash has left behind, once it is old enough. */
const SWEEP_EVERY_MS = 5_000;
/** How soon a broker that is back is noticed. */
const RECONNECT_POLL_MS = 250;
/**
 * From the commit until they are deleted: some 5 MB of messages of 1 kB, and half of the line that the publisher allows. Beyond
 * it units of work wait (`untilCapacity`), or while the broker is down, new messages stay in the outbox alone.
 */
const MAX_IN_MEMORY = 5_000;
/**
 * Added to the publish deadline, so that no sweep takes what another process still publishes: a slow commit, two clocks. What
 * its own process publishes a sweep leaves alone at any age.
 */
const MARGIN_MS = 5_000;
/** Keeps a broker that breaks every connection from being tried in a tight loop. */
const RETRY_PAUSE_MS = 100;
/** One delete need not be larger: its ids are bound as one array. */
const MAX_DELETE = 1_000;

/**
 * Publishes what is committed to the outbox and deletes it when the broker has confirmed it. Woken in memory after each
 * commit; a sweep finds what memory has lost. So every message is published at least once, and a message may come twice.
 */
export class OutboxRelay {
  readonly #logger = new Logger('OutboxRelay');
  readonly #confirmed: Batcher<string>;
  readonly #stopping = new AbortController();
  /** The ids of the messages that are published from memory, until they are deleted or left to the sweep. */
  readonly #inMemory = new Set<string>();
  #capacityWaiters: (() => void)[] = [];
  #sweeping?: Promise<void>;

  constructor(private readonly options: OutboxRelayOptions) {
    this.#confirmed = new Batcher(
      (ids) => this.#delete(ids),
      (ids) => Math.min(ids.length, MAX_DELETE),
    );
  }

  /** Sweeps from now on: at once, when the broker comes back, and every few seconds. */
  start(): void {
    watchedPools.add(this.options.pool);
    this.#sweeping ??= this.#keepSweeping();
  }

  /** Publishes rows that are just committed, as far as memory goes; the sweep takes the others. */
  forward(rows: readonly OutboxRow[]): void {
    for (const row of rows.slice(0, Math.max(0, MAX_IN_MEMORY - this.#inMemory.size))) void this.#publish(row);
  }

  /** Resolves when there is room in memory, so that commits do not outrun a healthy broker; at once when it is down. */
  async untilCapacity(): Promise<void> {
    while (this.#inMemory.size >= MAX_IN_MEMORY && this.options.publisher.ready)
      await new Promise<void>((resolve) => this.#capacityWaiters.push(resolve));
  }

  /** Finishes what is in flight, for at most `deadlineMs`; what is left then stays in the outbox for the next start. */
  async stop(deadlineMs = 5_000): Promise<void> {
    this.#stopping.abort();
    watchedPools.delete(this.options.pool);
    await Promise.race([this.#drained(), pause(deadlineMs, undefined, { ref: false })]);
  }

  async #drained(): Promise<void> {
    await this.#sweeping;
    while (this.#inMemory.size > 0) await new Promise<void>((resolve) => this.#capacityWaiters.push(resolve));
    await this.#confirmed.idle();
  }

  async #publish({ id, wire }: OutboxRow): Promise<void> {
    this.#inMemory.add(id);
    if (await this.#published(wire)) this.#confirmed.add(id);
    else this.#leave([id]);
  }

  #leave(ids: readonly string[]): void {
    for (const id of ids) this.#inMemory.delete(id);
    for (const resolve of this.#capacityWaiters.splice(0)) resolve();
  }

  /** Tries until the deadline as long as the broker may come back; a refusal is left to the sweep. */
  async #published(wire: WireMessage): Promise<boolean> {
    const { publisher, publishDeadlineMs = PUBLISH_DEADLINE_MS } = this.options;
    const deadline = performance.now() + publishDeadlineMs;
    for (;;) {
      try {
        await publisher.publish(wire, { whenDown: 'wait', deadlineMs: deadline - performance.now() });
        return true;
      } catch (error) {
        if (!isTransient(error) || performance.now() + RETRY_PAUSE_MS >= deadline || this.#stopping.signal.aborted)
          return false;
        await pause(RETRY_PAUSE_MS);
      }
    }
  }

  async #delete(ids: string[]): Promise<void> {
    await transaction(this.options.pool, [], () => [needNotReachDisk, deleteRows(ids)]).catch((error: unknown) =>
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

  /** The interval is over, or the broker is back. */
  async #untilNextSweep(): Promise<void> {
    const { publisher, sweepEveryMs = SWEEP_EVERY_MS } = this.options;
    const end = performance.now() + sweepEveryMs;
    for (
      let wasReady = true;
      performance.now() < end && !this.#stopping.signal.aborted && (wasReady || !publisher.ready);
    ) {
      wasReady = publisher.ready;
      await this.#pause(Math.min(sweepEveryMs, RECONNECT_POLL_MS));
    }
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
        () => [...this.#inMemory],
      );
      if (published > 0) this.#logger.log(`published ${published} messages that were left in the outbox`);
      if (refused > 0) this.#logger.warn(`${refused} messages stay in the outbox: ${String(reason)}`);
    } catch (error) {
      this.#logger.warn(`the outbox could not be swept: ${String(error)}`);
    }
  }

  /** Ends early when the relay stops. */
  #pause(ms: number): Promise<void> {
    return pause(ms, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }
}

/** What the broker may take a moment later: its connection broke, or a queue has no leader yet. What is unroutable would be so again. */
const TRANSIENT: readonly PublishFailure[] = ['unknown', 'not-connected', 'nacked'];
const isTransient = (error: unknown): boolean => error instanceof PublishError && TRANSIENT.includes(error.reason);
