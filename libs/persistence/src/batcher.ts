/**
 * Group commit without a timer: items that arrive while a batch is being processed form the next batch. An idle system
 * therefore starts a batch at once; under load, batches grow.
 */
export class Batcher<T> {
  readonly #waiting: T[] = [];
  #working?: Promise<void>;

  /**
   * @param work processes a batch; must settle its items itself and never reject
   * @param size number of waiting items that the next batch takes; at least 1
   */
  constructor(
    private readonly work: (batch: T[]) => Promise<void>,
    private readonly size: (waiting: readonly T[]) => number,
  ) {}

  add(item: T): void {
    this.#waiting.push(item);
    this.#working ??= this.#run();
  }

  /** Puts items before all waiting ones, in the given order. */
  addFirst(items: readonly T[]): void {
    this.#waiting.unshift(...items);
    if (items.length > 0) this.#working ??= this.#run();
  }

  /** Resolves when no item waits and no batch is being processed. */
  async idle(): Promise<void> {
    while (this.#working) await this.#working;
  }

  async #run(): Promise<void> {
    // One turn of the event loop, so that all messages of one socket read share a batch.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) await this.work(this.#waiting.splice(0, this.size(this.#waiting)));
    this.#working = undefined;
  }
}
