import { setTimeout as pause } from 'node:timers/promises';
import { ClaimPiece } from '@sluice/contracts';
import { encode, type Publisher, type WireMessage } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import { CLIENTS, load } from './driver.js';
import { BARE_QUEUE, type Place } from './place.js';

const ADDRESS = { name: 'Ada Byron', street: '12 Analytical Row', city: 'London', postcode: 'N1 7AA', country: 'GB' };
const BODY = JSON.stringify({ address: ADDRESS });
/** Interval at which the number of drained claims is read. Milliseconds. */
const POLL_MS = 20;
const WITHIN_MS = 120_000;

export const bareRoute = (place: Place, tokens: readonly string[]): Promise<number> =>
  answered(202, place.barePort, '/bare', tokens);

/** Claims that the counter in Redis lets through to a queue of the same type. */
export const gate = (place: Place, tokens: readonly string[]): Promise<number> =>
  answered(202, place.gatePort, '/gate', tokens);

/** Claims that are accepted into the queue. */
export const accepted = (place: Place, saleId: string, tokens: readonly string[]): Promise<number> =>
  answered(202, place.gatewayPort, `/flash-sales/${saleId}/claims`, tokens);

export const refused = (place: Place, saleId: string, tokens: readonly string[]): Promise<number> =>
  answered(410, place.gatewayPort, `/flash-sales/${saleId}/claims`, tokens);

/** @throws Error when a response has another status, because the measured rate would then be meaningless */
async function answered(status: number, port: number, path: string, tokens: readonly string[]): Promise<number> {
  const { perSecond, statuses } = await load({ port, path, body: BODY }, tokens);
  if (statuses[status] !== tokens.length)
    throw new Error(`${path} answered ${JSON.stringify(statuses)} and not ${status} alone`);
  return perSecond;
}

/** Publishes the same claims, with confirms, to a queue of the same type, as many at a time as there are clients. */
export async function barePublish({ client }: Place, count: number): Promise<number> {
  const saleId = newId();
  const wires = Array.from({ length: count }, (): WireMessage => ({ ...wireOf(saleId), routingKey: BARE_QUEUE }));
  const began = performance.now();
  await publishAll(client.publisher, wires);
  return count / ((performance.now() - began) / 1_000);
}

/** Measures the real flash-sale service from the first claim that it has handled to the last of `count`. */
export async function drain(place: Place, saleId: string, count: number): Promise<number> {
  const before = await place.drained(saleId);
  await publishAll(
    place.client.publisher,
    Array.from({ length: count }, () => wireOf(saleId)),
  );
  const drainer = await place.startDrainer();
  const first = await reached(place, saleId, before + 1);
  const last = await reached(place, saleId, before + count);
  await drainer.end('SIGTERM');
  return (last.drained - first.drained) / ((last.at - first.at) / 1_000);
}

async function reached(place: Place, saleId: string, wanted: number): Promise<{ at: number; drained: number }> {
  const end = performance.now() + WITHIN_MS;
  for (;;) {
    const drained = await place.drained(saleId);
    if (drained >= wanted) return { at: performance.now(), drained };
    if (performance.now() > end) throw new Error(`only ${drained} of ${wanted} claims were answered`);
    await pause(POLL_MS);
  }
}

const wireOf = (saleId: string): WireMessage => {
  const id = newId();
  return encode(ClaimPiece({ saleId, userId: id, round: 1, address: ADDRESS }), {
    id,
    time: new Date().toISOString(),
    correlationId: id,
    source: 'bench',
  });
};

async function publishAll(publisher: Publisher, wires: readonly WireMessage[]): Promise<void> {
  const rest = wires.values();
  const one = async (): Promise<void> => {
    for (const wire of rest) await publisher.publish(wire);
  };
  await Promise.all(Array.from({ length: CLIENTS }, one));
}
