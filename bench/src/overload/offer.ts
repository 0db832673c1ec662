import { setTimeout as pause } from 'node:timers/promises';
import type { RunningSystem } from '../orders/system.js';

/** A customer gives up after this time. Milliseconds. */
const PATIENCE_MS = 10_000;
/** Time for what was accepted to be completed after the peak: twice the capacity needs as long again. Milliseconds. */
const COMPLETED_WITHIN_MS = 120_000;
const TICK_MS = 10;

export interface Offer {
  perSecond: number;
  seconds: number;
}

/** What became of the orders of one second. */
export interface Second {
  /** Times until an answer of success. Milliseconds. */
  accepted: number[];
  /** Refused, failed, or not answered while the customer waited. */
  failed: number;
  /** Accepted and not completed in time. */
  lost: number;
  /** Times from the request to the completion. Milliseconds. */
  waits: number[];
}

/**
 * An open loop: customers come at a constant rate, whether or not earlier ones have been served.
 * @returns by the second in which an order was placed
 */
export async function offerOrders(system: RunningSystem, { perSecond, seconds }: Offer): Promise<Second[]> {
  const result = Array.from({ length: seconds }, (): Second => ({ accepted: [], failed: 0, lost: 0, waits: [] }));
  const customers: Promise<void>[] = [];
  const began = performance.now();
  const end = began + seconds * 1_000;
  for (let now = began; now < end; now = performance.now()) {
    const due = ((now - began) / 1_000) * perSecond;
    while (customers.length < due) customers.push(buy(system, result[Math.floor((now - began) / 1_000)]!));
    await pause(TICK_MS);
  }
  await Promise.all(customers);
  return result;
}

async function buy(system: RunningSystem, second: Second): Promise<void> {
  const began = performance.now();
  const placed = await within(PATIENCE_MS, system.place()).catch(() => undefined);
  if (!placed) return void second.failed++;
  second.accepted.push(performance.now() - began);
  await within(COMPLETED_WITHIN_MS, placed.completed).then(
    () => second.waits.push(performance.now() - began),
    () => second.lost++,
  );
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const aborted = new AbortController();
  const late = pause(ms, undefined, { signal: aborted.signal }).then(() => {
    throw new Error(`not within ${ms} ms`);
  });
  late.catch(() => {}); // aborted, or thrown by the race
  return Promise.race([work, late]).finally(() => aborted.abort());
}
