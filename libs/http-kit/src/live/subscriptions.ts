/** Listeners by key. */
export class Subscriptions<W> {
  readonly #byKey = new Map<string, Set<W>>();

  /** Adds the listener until the returned function is called. */
  add(key: string, listener: W): () => void {
    const listeners = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#byKey.get(key) === listeners) this.#byKey.delete(key);
    };
  }

  get(key: string): Iterable<W> {
    return this.#byKey.get(key) ?? [];
  }

  *all(): Iterable<W> {
    for (const listeners of this.#byKey.values()) yield* listeners;
  }
}
