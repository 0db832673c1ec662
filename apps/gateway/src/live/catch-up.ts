/** Reads what is new: when there is a hint of it, and every so often without one. One read at a time. */
export class CatchUp {
  #busy = true;
  #hinted = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param read never rejects; @param everyMs between the end of one read and the next, give or take a fifth */
  constructor(
    private readonly read: () => Promise<void>,
    private readonly everyMs: number,
  ) {}

  /** Hints before this are not lost: there may have been something new since the caller's own first read. */
  begin(): void {
    this.#busy = false;
    if (this.#hinted) this.hint();
    else this.#rest();
  }

  /** There may be something new. While a read is under way it means one more after it, however many hints there are. */
  hint(): void {
    this.#hinted = true;
    if (!this.#busy && !this.#stopped) void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    this.#busy = true;
    clearTimeout(this.#timer);
    while (this.#hinted && !this.#stopped) {
      this.#hinted = false;
      await this.read();
    }
    this.#busy = false;
    this.#rest();
  }

  #rest(): void {
    if (!this.#stopped) this.#timer = setTimeout(() => this.hint(), this.everyMs * (0.8 + 0.4 * Math.random()));
  }
}
