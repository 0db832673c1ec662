import { Logger } from '@nestjs/common';

/**
 * Work that is repeated at an interval, one round at a time: rounds that would start during a long one are skipped. Of
 * consecutive failures only the first is logged.
 */
export class PeriodicTask {
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #failing = false;

  /**
   * @param name context of the log lines
   * @param everyMs minimum time from the beginning of one round to the next; milliseconds
   */
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

  /** Starts no further round; resolves when the current one has ended. */
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
