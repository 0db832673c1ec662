import { Logger } from '@nestjs/common';

/**
 * Work that is done again and again, one round at a time: a round that takes longer than the interval is not followed by
 * those that fell into it. A round that fails is told once, and again after one that went well.
 */
export class PeriodicTask {
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #failing = false;

  /** @param name in the log; @param everyMs from the beginning of one round to the next, at least */
  constructor(
    name: string,
    private readonly everyMs: number,
    private readonly work: () => Promise<void>,
  ) {
    this.#logger = new Logger(name);
  }

  start(): void {
    this.#timer = setInterval(() => this.#begin(), this.everyMs);
  }

  #begin(): void {
    this.#round ??= this.#run().finally(() => (this.#round = undefined));
  }

  /** Resolves when the round that is under way has ended. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#round;
  }

  async #run(): Promise<void> {
    try {
      await this.work();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        this.#logger.warn(`failed and will be repeated: ${error instanceof Error ? error.message : String(error)}`);
      this.#failing = true;
    }
  }
}
