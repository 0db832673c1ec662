import { Store } from './store.js';

/** A request that is going to be repeated. */
export interface Wait {
  reason: 'busy' | 'down';
  /** Local time of the next attempt, ms since the epoch. */
  until: number;
}

/** All requests that wait now, the oldest first. */
export const waits = new Store<readonly Wait[]>([]);

/** Lists a wait while the work lasts. */
export async function waiting<T>(wait: Wait, work: Promise<T>): Promise<T> {
  waits.set([...waits.get(), wait]);
  try {
    return await work;
  } finally {
    waits.set(waits.get().filter((other) => other !== wait));
  }
}
