/**
 * Group commit without a timer: while one batch is being worked on, the next one gathers. An idle system therefore
 * starts at once, and a loaded one takes whatever has come meanwhile in one go.
 */
export class Batcher<T> {
  readonly #waiting: T[] = [];
  #working?: Promise<void>;

  /**
   * @param work never rejects: it settles its items itself
   * @param size how many of the waiting ones (never none) the next batch takes
   */
  constructor(
    private readonly work: (batch: T[]) => Promise<void>,
    private readonly size: (waiting: readonly T[]) => number,
  ) {}

  add(item: T): void {
    this.#waiting.push(item);
    this.#working ??= this.#run();
  }

  /** Before all that wait, in this order. */
  addFirst(items: readonly T[]): void {
    this.#waiting.unshift(...items);
    if (items.length > 0) this.#working ??= this.#run();
  }

  /** Resolves when nothing waits and nothing is being worked on. */
  async idle(): Promise<void> {
    while (this.#working) await this.#working;
  }

  async #run(): Promise<void> {
    // One turn of the event loop: what one read from the socket has brought goes together.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) await this.work(this.#waiting.splice(0, this.size(this.#waiting)));
    this.#working = undefined;
  }
}
