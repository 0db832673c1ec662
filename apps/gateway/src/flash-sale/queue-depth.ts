import { setTimeout as pause } from 'node:timers/promises';

/** Shortest interval between two samples, however many claims arrive. Milliseconds. */
const SAMPLE_MS = 250;
/**
 * Samples older than this are ignored; for this long after a failure, callers do not wait for a sample. Milliseconds.
 */
const STALE_MS = 2_000;
/** How long a caller waits for the first sample at most. Milliseconds. */
const MAX_WAIT_MS = 500;

/** AMQP's reply code for a missing permission. */
const ACCESS_REFUSED = 403;

/**
 * Requests the depth from the broker: older versions return it without a permission on the queue. Once the broker has
 * refused, requests it from the owner. A permission of its own would let the gateway bind the queue to every exchange
 * that it may read.
 */
export function brokerOrOwner(broker: () => Promise<number>, owner: () => Promise<number>): () => Promise<number> {
  let refused = false;
  return async () => {
    if (refused) return owner();
    return broker().catch((error: unknown) => {
      if ((error as { code?: number }).code !== ACCESS_REFUSED) throw error;
      refused = true;
      return owner();
    });
  };
}

/** Approximate depth of the queue: the last sample, and the claims that this process has added since. */
export class QueueDepth {
  #sample: { depth: number; at: number } | undefined;
  #admitted = 0;
  #sampledAt = -Infinity;
  #failedAt = -Infinity;
  #sampling: Promise<void> | undefined;

  constructor(
    private readonly read: () => Promise<number>,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  admit(): void {
    this.#admitted += 1;
  }

  /** Undefined: no recent sample. */
  async now(): Promise<number | undefined> {
    if (this.clock() - this.#sampledAt > SAMPLE_MS)
      this.#sampling ??= this.#takeSample().finally(() => (this.#sampling = undefined));
    if (this.#age > STALE_MS && this.clock() - this.#failedAt > STALE_MS)
      await Promise.race([this.#sampling, pause(MAX_WAIT_MS, undefined, { ref: false })]);
    return this.#sample && this.#age <= STALE_MS ? this.#sample.depth + this.#admitted : undefined;
  }

  get #age(): number {
    return this.#sample ? this.clock() - this.#sample.at : Infinity;
  }

  async #takeSample(): Promise<void> {
    const before = this.#admitted;
    this.#sampledAt = this.clock();
    const depth = await this.read().catch(() => undefined);
    if (depth === undefined) return void (this.#failedAt = this.clock());
    this.#sample = { depth, at: this.clock() };
    this.#admitted -= before;
  }
}
