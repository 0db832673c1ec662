/**
 * Limits how many deliveries are handled at once; the others wait in order. The prefetch alone does not limit them,
 * since one message may bring many facts.
 */
export class ConcurrencyLimit<M> {
  #busy = 0;
  #waiting: M[] = [];

  /** @param begin begins to handle a delivery; calls `began` */
  constructor(
    private readonly limit: number,
    private readonly begin: (delivery: M) => void,
  ) {}

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Begins a delivery now or in its turn. */
  add(delivery: M): void {
    this.#waiting.push(delivery);
    this.#next();
  }

  began(): void {
    this.#busy += 1;
  }

  ended(): void {
    this.#busy -= 1;
    this.#next();
  }

  takeWaiting(): M[] {
    return this.#waiting.splice(0);
  }

  /** Forgets all deliveries, because their channel has closed. */
  reset(): void {
    this.#busy = 0;
    this.#waiting = [];
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.#busy < this.limit) this.begin(this.#waiting.shift()!);
  }
}
