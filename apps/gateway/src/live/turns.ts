/** At most so many at a time; the others stand in line. */
export class Turns {
  readonly #line: (() => void)[] = [];
  #free: number;

  constructor(atATime: number) {
    this.#free = atATime;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#line.push(resolve));
    try {
      return await work();
    } finally {
      this.#pass();
    }
  }

  /** A turn goes straight to who is next, so that nobody who comes just now gets ahead. */
  #pass(): void {
    const next = this.#line.shift();
    if (next) next();
    else this.#free += 1;
  }
}
