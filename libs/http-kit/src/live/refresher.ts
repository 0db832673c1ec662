/** Reads on each trigger and, if it has an interval, periodically; one read at a time. */
export class Refresher {
  #busy = true;
  #triggered = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param read never rejects; @param everyMs between the end of one read and the next, plus or minus a fifth */
  constructor(
    private readonly read: () => Promise<void>,
    private readonly everyMs?: number,
  ) {}

  /** Starts reading. A trigger before this is kept: something may have changed since the caller's own first read. */
  start(): void {
    this.#busy = false;
    if (this.#triggered) this.trigger();
    else this.#schedule();
  }

  /** Requests a read. Any number of triggers during a read cause one more read after it. */
  trigger(): void {
    this.#triggered = true;
    if (!this.#busy && !this.#stopped) void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    this.#busy = true;
    clearTimeout(this.#timer);
    while (this.#triggered && !this.#stopped) {
      this.#triggered = false;
      await this.read();
    }
    this.#busy = false;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#stopped || this.everyMs === undefined) return;
    this.#timer = setTimeout(() => this.trigger(), this.everyMs * (0.8 + 0.4 * Math.random()));
  }
}
