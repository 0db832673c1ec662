/** Who is to be told, by what they watch. */
export class Watchers<W> {
  readonly #by = new Map<string, Set<W>>();

  /** Keeps the watcher until the function that is returned is called. */
  add(key: string, watcher: W): () => void {
    const watchers = this.#by.get(key) ?? new Set();
    this.#by.set(key, watchers.add(watcher));
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#by.get(key) === watchers) this.#by.delete(key);
    };
  }

  of(key: string): Iterable<W> {
    return this.#by.get(key) ?? [];
  }

  *all(): Iterable<W> {
    for (const watchers of this.#by.values()) yield* watchers;
  }
}
