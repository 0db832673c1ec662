import { Logger } from '@nestjs/common';

/** Milliseconds from the beginning of one round to the beginning of the next. */
export interface Pace {
  /** While something is due, or after a change. */
  atLeast: number;
  /** While nothing is known to be due. */
  atMost: number;
}

/**
 * Work that is done when it is due, one round at a time. A round returns in how many ms the next one is due (undefined:
 * nothing is), and `wake` requests one after a change. What no process has noticed, since the one that made the change
 * has crashed, is found after `atMost`. Of consecutive failures only the first is logged.
 */
export class DueTask {
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  /** By the monotonic clock. */
  #begun = -Infinity;
  #timerAt = Infinity;
  #round: Promise<void> | undefined;
  #woken = false;
  #stopped = true;
  #failing = false;

  /** @param name context of the log lines */
  constructor(
    name: string,
    private readonly paceMs: Pace,
    private readonly work: () => Promise<number | undefined>,
  ) {
    this.#logger = new Logger(name);
  }

  start(): void {
    this.#stopped = false;
    this.wake();
  }

  /** Something may be due: a round begins as soon as the pace allows, or after the current one. */
  wake(): void {
    if (this.#round) this.#woken = true;
    else this.#beginIn(0);
  }

  /** Starts no further round; resolves when the current one has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#timerAt = Infinity;
    await this.#round;
  }

  /** @param ms from now */
  #beginIn(ms: number): void {
    const { atLeast, atMost } = this.paceMs;
    const now = performance.now();
    const at = Math.max(this.#begun + atLeast, now + Math.min(ms, atMost));
    if (this.#stopped || at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => this.#begin(), Math.ceil(at - now));
  }

  #begin(): void {
    this.#timerAt = Infinity;
    this.#begun = performance.now();
    this.#woken = false;
    this.#round = this.#run().then((dueInMs = Infinity) => {
      this.#round = undefined;
      this.#beginIn(this.#woken ? 0 : dueInMs);
    });
  }

  /** @returns in how many ms the next round is due */
  async #run(): Promise<number | undefined> {
    try {
      const dueInMs = await this.work();
      this.#failing = false;
      return dueInMs;
    } catch (error) {
      if (!this.#failing)
        this.#logger.warn(`failed and will be repeated: ${error instanceof Error ? error.message : String(error)}`);
      this.#failing = true;
      return 0;
    }
  }
}
