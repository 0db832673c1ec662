import { ConcurrencyLimit } from '@sluice/http-kit';

/**
 * Reads of streams, so many at a time; further ones wait. Those with the same key are one request: many streams of one
 * entity read the same after a fact about it. A read can be joined until its request is sent, because the reply to a
 * request that is under way may be older than the fact.
 */
export class SharedReads<T> {
  readonly #limit: ConcurrencyLimit;
  readonly #waiting = new Map<string, Promise<T>>();

  constructor(atATime: number) {
    this.#limit = new ConcurrencyLimit(atATime);
  }

  read(key: string, request: () => Promise<T>): Promise<T> {
    const joined = this.#waiting.get(key) ?? this.#begin(key, request);
    this.#waiting.set(key, joined);
    return joined;
  }

  /** Begins after all listeners of the current fact have asked. */
  async #begin(key: string, request: () => Promise<T>): Promise<T> {
    await Promise.resolve();
    return this.#limit.run(() => {
      this.#waiting.delete(key);
      return request();
    });
  }
}
