import type { Logger } from '@nestjs/common';
import { rpcRequestOf, type Delivery } from './codec.js';
import { countLateRequest } from './metrics.js';

/** At most one log line per minute. Milliseconds. */
const LOG_EVERY_MS = 60_000;

/** Requests of one queue that arrived after their deadline: each is counted, and one line per minute is logged. */
export class LateRequests {
  /** A held message is handled several times but counted once. */
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

/**
 * Whether the deadline passed on the way to this process; requests that expire in the queue are dropped by the
 * broker.
 */
export function isPastDeadline(delivery: Delivery): boolean {
  const deadline = rpcRequestOf(delivery)?.deadline;
  return deadline !== undefined && deadline <= Date.now();
}
