import { Logger } from '@nestjs/common';
import { Refresher } from '@sluice/http-kit';
import { ProblemError } from '@sluice/messaging';

/** Streams in one query: some 60 kB. */
const AT_ONCE = 1_000;

/**
 * Looks after all open streams of one kind, since a live fact may be lost: asks their owner at an interval which of them
 * have something to read, all streams in one query. A query by each of them cost 1.7 cores for 5,000 streams
 * (docs/decisions/0050).
 */
export class GapCheck<S> {
  readonly #logger = new Logger('gap check');
  readonly #streams = new Set<S>();
  readonly #refresher: Refresher;

  /**
   * @param check asks about some streams, and lets those read that have missed something; rejects when the owner does
   *   not reply @param everyMs plus or minus a fifth
   */
  constructor(
    private readonly check: (streams: readonly S[]) => Promise<void>,
    everyMs: number,
  ) {
    this.#refresher = new Refresher(() => this.#checkAll(), everyMs);
    this.#refresher.start();
  }

  /** Looks after a stream until it is closed. */
  add(stream: S, closed: Promise<void>): void {
    this.#streams.add(stream);
    void closed.then(() => this.#streams.delete(stream));
  }

  /** Checks now: facts may have been missed. */
  trigger(): void {
    this.#refresher.trigger();
  }

  stop(): void {
    this.#refresher.stop();
  }

  async #checkAll(): Promise<void> {
    const streams = [...this.#streams];
    try {
      for (let n = 0; n < streams.length; n += AT_ONCE) await this.check(streams.slice(n, n + AT_ONCE));
    } catch (error) {
      // The owner is down, and so can no stream read: at the next check.
      if (!(error instanceof ProblemError)) this.#logger.warn(error);
    }
  }
}
