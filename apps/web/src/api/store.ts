import { useSyncExternalStore } from 'react';

/** A value outside of React that components follow. */
export class Store<T> {
  readonly #listeners = new Set<() => void>();

  constructor(private value: T) {}

  get = (): T => this.value;

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of this.#listeners) listener();
  }

  follow = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Resolves once the value is as wanted. */
  until(isWanted: (value: T) => boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (!isWanted(this.value)) return;
        end();
        resolve();
      };
      const abort = (): void => {
        end();
        reject(signal?.reason as Error);
      };
      const unfollow = this.follow(check);
      const end = (): void => {
        unfollow();
        signal?.removeEventListener('abort', abort);
      };
      signal?.addEventListener('abort', abort);
      check();
      if (signal?.aborted) abort();
    });
  }
}

export const useStore = <T>(store: Store<T>): T => useSyncExternalStore(store.follow, store.get);
