type Event = () => void;

/** Events in the order of their time: a binary heap. Those of the same time run in the order in which they were added. */
export class Clock {
  /** The time of the event that runs. Milliseconds. */
  now = 0;
  /** Events so far; also what orders two of the same time. */
  count = 0;
  readonly #heap: { at: number; number: number; event: Event }[] = [];

  after(ms: number, event: Event): void {
    this.#heap.push({ at: this.now + ms, number: this.count++, event });
    this.#up(this.#heap.length - 1);
  }

  /** Runs events until there is none, or `isOver` says so before one. */
  run(isOver: () => boolean = () => false): void {
    while (this.#heap.length > 0 && !isOver()) {
      const { at, event } = this.#takeFirst();
      this.now = at;
      event();
    }
  }

  #takeFirst(): { at: number; event: Event } {
    const first = this.#heap[0]!;
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#down(0);
    }
    return first;
  }

  #up(index: number): void {
    for (let at = index; at > 0;) {
      const parent = (at - 1) >> 1;
      if (this.#isBefore(parent, at)) return;
      this.#swap(parent, at);
      at = parent;
    }
  }

  #down(index: number): void {
    for (let at = index; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let first = at;
      if (left < this.#heap.length && this.#isBefore(left, first)) first = left;
      if (right < this.#heap.length && this.#isBefore(right, first)) first = right;
      if (first === at) return;
      this.#swap(first, at);
      at = first;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one]!, this.#heap[other]!];
    return a.at < b.at || (a.at === b.at && a.number < b.number);
  }

  #swap(one: number, other: number): void {
    [this.#heap[one], this.#heap[other]] = [this.#heap[other]!, this.#heap[one]!];
  }
}
