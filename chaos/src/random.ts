// @ts-nocheck
/** Numbers that only look random: the same seed gives the same ones, on every machine. Mulberry32, by Tommy Ettinger. */
export class Random {
  #state;

  /** @param {number} seed a whole number */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** @returns {number} from 0 to just below 1 */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** @returns {number} a whole number, both ends included */
  between(least, most) {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** @template T @param {readonly T[]} items @returns {T} */
  pick(items) {
    return items[this.between(0, items.length - 1)];
  }

  /** @template T @param {readonly T[]} items @returns {T[]} a new list, in another order */
  shuffled(items) {
    const list = [...items];
    for (let last = list.length - 1; last > 0; last--) {
      const other = this.between(0, last);
      [list[last], list[other]] = [list[other], list[last]];
    }
    return list;
  }

  /** @param {Record<string, number>} weights @returns {string} each name as often as its weight says */
  weighted(weights) {
    const entries = Object.entries(weights);
    let at = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    return entries.find(([, weight]) => (at -= weight) < 0)?.[0] ?? entries.at(-1)[0];
  }
}
