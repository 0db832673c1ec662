import { randomUUID } from 'node:crypto';
import { eventually, SERVICES, type ProcessSystem } from '@sluice/testing';
import { connect } from 'amqplib';
import { expect } from 'vitest';
import type { Shop } from './shop.js';

/** Process ids of all services. */
export const processesOf = (system: ProcessSystem): (number | undefined)[] =>
  SERVICES.map((name) => system.instance(name).pid);

const readiness = (system: ProcessSystem): Promise<(number | undefined)[]> =>
  Promise.all(SERVICES.map((name) => system.instance(name).readiness()));

/** Resolves when every service reports that it has no broker. */
export const everyServiceIsUnready = (system: ProcessSystem): Promise<void> =>
  eventually(async () => expect(await readiness(system)).toEqual(SERVICES.map(() => 503)), { withinMs: 30_000 });

export interface Recovery {
  /** From the broker's first connection until every service was ready. Milliseconds. */
  readyAfterMs: number;
  /** ... until an order was answered with 201. Milliseconds. */
  placedAfterMs: number;
  /** ... until that order could be paid. Milliseconds. */
  payableAfterMs: number;
  orderId: string;
}

/** Waits for a broker that is about to return, then for the shop. */
export async function recovery(system: ProcessSystem, shop: Shop, customer: string, sku: string): Promise<Recovery> {
  await eventually(async () => (await connect(system.broker.url)).close(), { withinMs: 90_000 });
  const returned = performance.now();
  const since = () => Math.round(performance.now() - returned);
  const ready = eventually(async () => expect(await readiness(system)).toEqual(SERVICES.map(() => 200)), {
    withinMs: 60_000,
  }).then(since);
  const key = randomUUID();
  const { body } = await eventually(
    async () => {
      const answer = await shop.place(customer, sku, { key });
      expect(answer.status).toBe(201);
      return answer;
    },
    { withinMs: 60_000 },
  );
  const placedAfterMs = since();
  await shop.reaches(customer, body.id, 'awaiting_payment');
  return { placedAfterMs, payableAfterMs: since(), readyAfterMs: await ready, orderId: body.id };
}
