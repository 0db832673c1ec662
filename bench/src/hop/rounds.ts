import { once } from 'node:events';
import { encode, type Publisher } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import type { Place } from './place.js';
import { startService, type Side } from './service.js';
import { SERVICE, Take } from './stock.js';

const request = (publisher: Publisher, sku: string): Promise<void> => {
  const id = newId();
  return publisher.publish(
    encode(Take({ sku, quantity: 1 }), { id, time: new Date().toISOString(), correlationId: id, source: SERVICE }),
  );
};

/**
 * Drains a backlog of `count` messages, measured from the first call of the handler until all resulting messages are
 * confirmed by the broker and deleted from the outbox.
 * @param services that compete for the messages, each with transactions of its own, in one process
 * @returns messages per second
 */
export async function saturated(
  side: Side,
  place: Place,
  feeder: Publisher,
  count: number,
  skuOf: (index: number) => string,
  services = 1,
): Promise<number> {
  await place.forget();
  await Promise.all(Array.from({ length: count }, (_, index) => request(feeder, skuOf(index))));
  const { promise: all, resolve: done } = withResolvers();
  let began = 0;
  let left = count;
  const observer = { began: () => (began ||= performance.now()), handled: () => --left === 0 && done() };
  const started = await Promise.all(Array.from({ length: services }, () => startService(side, place, observer)));
  await all;
  for (const service of started) await service.drained();
  const seconds = (performance.now() - began) / 1_000;
  for (const service of started) await service.close();
  await expectAll(place, count);
  return count / seconds;
}

/**
 * Sends one message at a time.
 * @returns per message, the milliseconds from its publishing until the resulting message is in the next queue
 */
export async function idle(
  side: Side,
  place: Place,
  feeder: Publisher,
  count: number,
  skuOf: (index: number) => string,
): Promise<number[]> {
  await place.forget();
  const arrivals = new EventTarget();
  const stop = await place.listen(() => arrivals.dispatchEvent(new Event('arrival')));
  const service = await startService(side, place, { began: () => {}, handled: () => {} });
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const began = performance.now();
    await Promise.all([once(arrivals, 'arrival'), request(feeder, skuOf(index))]);
    times.push(performance.now() - began);
  }
  await service.drained();
  await service.close();
  await stop();
  return times;
}

/** @throws Error when messages were lost or duplicated, because the measured rate would then be meaningless */
async function expectAll(place: Place, count: number): Promise<void> {
  const found = [await place.handled(), await place.received()];
  if (found.some((number) => number !== count))
    throw new Error(`of ${count} messages ${found[0]} were handled and ${found[1]} came out`);
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((fulfil) => (resolve = fulfil));
  return { promise, resolve };
}
