/** How long a patient item waits for a batch that begins anyway. Milliseconds. */
const PATIENCE_MS = 200;
/** So many patient items begin a batch: a backlog of them must not wait. */
export const MAX_PATIENT = 10;

/**
 * Group commit without a timer: items that arrive while a batch is being processed form the next batch. An idle system
 * therefore starts a batch at once; under load, batches grow. Patient items join the next batch of others.
 */
export class Batcher<T> {
  readonly #waiting: T[] = [];
  readonly #patient: T[] = [];
  #patienceEnds: NodeJS.Timeout | undefined;
  #working?: Promise<void>;

  /**
   * @param work processes a batch; must settle its items itself and never reject
   * @param size number of waiting items that the next batch takes; at least 1
   * @param maxPatient so many patient items begin a batch
   */
  constructor(
    private readonly work: (batch: T[]) => Promise<void>,
    private readonly size: (waiting: readonly T[]) => number,
    private readonly maxPatient = MAX_PATIENT,
  ) {}

  add(item: T): void {
    this.#waiting.push(item);
    this.#working ??= this.#run();
  }

  /** Adds an item that may wait 200 ms for a batch of others, so that it costs none of its own. */
  addPatient(item: T): void {
    this.#patient.push(item);
    if (this.#patient.length >= this.maxPatient) this.addFirst(this.#takePatient());
    else this.#patienceEnds ??= setTimeout(() => this.addFirst(this.#takePatient()), PATIENCE_MS);
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
    while (this.#waiting.length > 0) {
      this.#waiting.unshift(...this.#takePatient());
      await this.work(this.#waiting.splice(0, this.size(this.#waiting)));
    }
    this.#working = undefined;
  }

  #takePatient(): T[] {
    clearTimeout(this.#patienceEnds);
    this.#patienceEnds = undefined;
    return this.#patient.splice(0);
  }
}
