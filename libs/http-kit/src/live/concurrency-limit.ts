/** Semaphore: runs at most `atATime` calls concurrently; further ones wait in order. */
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

  /** Hands the slot to the next waiting call, so that a new call cannot overtake it. */
  #release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#available += 1;
  }
}
