/**
 * How long a fact on demand that nobody heard keeps others of its type from being published. Under load this saves
 * nearly all of them; a queue that is bound now gets every one from this time on. Milliseconds.
 */
const UNHEARD_FOR_MS = 1_000;

/** Types of facts on demand that no queue took a moment ago. */
export class UnheardFacts {
  readonly #until = new Map<string, number>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** @param publishedAt when the publish began: a queue that was bound later may not have been asked */
  add(type: string, publishedAt: number): void {
    this.#until.set(type, publishedAt + UNHEARD_FOR_MS);
  }

  has(type: string): boolean {
    return this.now() < (this.#until.get(type) ?? -Infinity);
  }
}
