import type { Logger } from '@nestjs/common';
import { rpcRequestOf, type Delivery } from './codec.js';
import { countLateRequest } from './metrics.js';

/** Milliseconds. */
const LOG_EVERY_MS = 60_000;

/** The requests of one queue whose caller had stopped waiting when they came: each is counted, and a line a minute is logged. */
export class LateRequests {
  /** What is held for a dependency is handled again and again. */
  readonly #noted = new WeakSet<Delivery>();
  #unlogged = 0;
  #loggedAt = -Infinity;

  constructor(
    private readonly queue: string,
    private readonly logger: Pick<Logger, 'warn'>,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  note(delivery: Delivery): void {
    if (this.#noted.has(delivery)) return;
    this.#noted.add(delivery);
    const { type } = delivery.properties;
    countLateRequest(this.queue, type);
    this.#unlogged += 1;
    if (this.clock() - this.#loggedAt < LOG_EVERY_MS) return;
    this.logger.warn(
      `requests that came after their caller had stopped waiting: ${this.#unlogged}, the latest ${String(type)}`,
    );
    this.#unlogged = 0;
    this.#loggedAt = this.clock();
  }
}

/** Its caller has stopped waiting while it was on its way to us; the broker drops those that are over in the queue. */
export function isPastDeadline(delivery: Delivery): boolean {
  const deadline = rpcRequestOf(delivery)?.deadline;
  return deadline !== undefined && deadline <= Date.now();
}
