import type { ProcessSystem } from '@sluice/testing';
import { expect } from 'vitest';
import { inParallel, type Shop } from './shop.js';

/** Orders that are looked at together. */
const AT_ONCE = 3;

/** Recorded facts of an order that was completed from one warehouse. */
export const FACTS = {
  orders: {
    sql: 'SELECT order_id AS id, type AS fact FROM order_history',
    facts: [
      'order.awaiting_payment',
      'order.completed',
      'order.paid',
      'order.placed',
      'order.priced',
      'order.shipped',
      'parcel.created',
      'parcel.delivered',
      'parcel.dispatched',
      'stock.reserved',
    ],
  },
  payments: { sql: 'SELECT order_id AS id, status AS fact FROM captures WHERE version > 0', facts: ['captured'] },
  logistics: { sql: 'SELECT order_id AS id, status AS fact FROM parcels WHERE version > 0', facts: ['delivered'] },
} as const;

interface Seen {
  system: ProcessSystem;
  shop: Shop;
  customer: string;
}

/** Asserts that all orders are completed, with every fact recorded once. */
export async function expectCompletedOnce({ system, shop, customer }: Seen, ids: string[]): Promise<void> {
  await inParallel(ids.length, AT_ONCE, (i) => shop.reaches(customer, ids[i]!, 'completed'));
  for (const [service, { sql, facts }] of Object.entries(FACTS)) {
    const { rows } = await system.databases[service as keyof typeof FACTS].pool.query(
      `SELECT fact, count(*)::int AS recorded, count(DISTINCT id)::int AS orders FROM (${sql}) AS facts
       WHERE id = ANY($1) GROUP BY fact ORDER BY fact COLLATE "C"`,
      [ids],
    );
    expect(rows).toEqual(facts.map((fact) => ({ fact, recorded: ids.length, orders: ids.length })));
  }
}
