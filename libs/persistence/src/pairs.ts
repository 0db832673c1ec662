/** How long the first of a pair waits for the second. Milliseconds. */
const PAIR_WAIT_MS = 10;

/** Holds an item back until the other of its pair arrives, so that both share a batch. Neither waits for long. */
export class Pairs<T> {
  readonly #first = new Map<string, { item: T; timeout: NodeJS.Timeout }>();

  /** @param release takes both of a pair together, or one for which no other has come in time */
  constructor(private readonly release: (items: readonly T[]) => void) {}

  add(pair: string, item: T): void {
    const first = this.#first.get(pair);
    if (first) return this.#end(pair, [first.item, item]);
    const timeout = setTimeout(() => this.#end(pair, [item]), PAIR_WAIT_MS);
    this.#first.set(pair, { item, timeout });
  }

  #end(pair: string, items: readonly T[]): void {
    clearTimeout(this.#first.get(pair)?.timeout);
    this.#first.delete(pair);
    this.release(items);
  }
}
