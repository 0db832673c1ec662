/** Pseudo-random numbers: the same seed gives the same ones, on every machine. Mulberry32, by Tommy Ettinger. */
export class Random {
  #state: number;

  /** @param seed a whole number */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** @returns from 0 to just below 1 */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** @returns a whole number, both ends included */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** @throws Error when there is nothing to pick from */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error('nothing to pick from');
    return items[this.between(0, items.length - 1)] as T;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const list = [...items];
    for (let last = list.length - 1; last > 0; last--) {
      const other = this.between(0, last);
      [list[last], list[other]] = [list[other] as T, list[last] as T];
    }
    return list;
  }

  /** @returns one of the names, each with the frequency of its weight */
  weighted<K extends string>(weights: Readonly<Partial<Record<K, number>>>): K {
    const names = Object.keys(weights) as K[];
    const weightOf = (name: K): number => weights[name] ?? 0;
    let at = this.next() * names.reduce((sum, name) => sum + weightOf(name), 0);
    return names.find((name) => (at -= weightOf(name)) < 0) ?? (names.at(-1) as K);
  }
}
