/** Reads what is new: when there is a hint of it, and every so often without one. One read at a time. */
export class Refresher {
  #busy = true;
  #triggered = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param read never rejects; @param everyMs between the end of one read and the next, give or take a fifth */
  constructor(
    private readonly read: () => Promise<void>,
    private readonly everyMs: number,
  ) {}

  /** Hints before this are not lost: there may have been something new since the caller's own first read. */
  start(): void {
    this.#busy = false;
    if (this.#triggered) this.trigger();
    else this.#schedule();
  }

  /** There may be something new. While a read is under way it means one more after it, however many hints there are. */
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
    if (!this.#stopped) this.#timer = setTimeout(() => this.trigger(), this.everyMs * (0.8 + 0.4 * Math.random()));
  }
}
