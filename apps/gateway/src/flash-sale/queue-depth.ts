import { setTimeout as pause } from 'node:timers/promises';

/** How often it is asked for at most, however many come. Milliseconds. */
const SAMPLE_MS = 250;
/** Older samples are ignored; after a failure nobody waits for the next answer so long. Milliseconds. */
const STALE_MS = 2_000;
/** Whoever comes first waits for the answer, but not longer. Milliseconds. */
const PATIENCE_MS = 500;

/** AMQP's reply code for a right that is missing. */
const ACCESS_REFUSED = 403;

/**
 * Asks the broker, of which older ones tell it without a right to the queue; once that has been refused, the owner instead. With a
 * right of its own to the queue, the gateway could also bind it to what it may read.
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

/** About how many wait in the queue: the last answer, and those whom this process has let in since. */
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

  /** Undefined: nobody says. */
  async now(): Promise<number | undefined> {
    if (this.clock() - this.#sampledAt > SAMPLE_MS)
      this.#sampling ??= this.#takeSample().finally(() => (this.#sampling = undefined));
    if (this.#age > STALE_MS && this.clock() - this.#failedAt > STALE_MS)
      await Promise.race([this.#sampling, pause(PATIENCE_MS, undefined, { ref: false })]);
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
