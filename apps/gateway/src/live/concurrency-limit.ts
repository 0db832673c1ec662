/** At most so many at a time; the others stand in line. */
export class ConcurrencyLimit {
  readonly #waiting: (() => void)[] = [];
  #available: number;

  constructor(atATime: number) {
    this.#available = atATime;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#available > 0) this.#available -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      this.#release();
    }
  }

  /** A turn goes straight to who is next, so that nobody who comes just now gets ahead. */
  #release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#available += 1;
  }
}
