import { depth, eventually, type System } from '@sluice/testing';
import { expect } from 'vitest';

const SERVICES = ['accounts', 'inventory', 'logistics', 'notifications', 'orders', 'payments'] as const;
type Service = (typeof SERVICES)[number];

/** Retries wait up to the longest tier, and what waits must have come home before anything is counted. */
const QUIET_WITHIN_MS = 120_000;

const queues = (system: System) => system.broker.management.get<{ name: string }[]>(`queues/${encodeURIComponent(system.broker.vhost)}`);

/** Nothing waits anywhere: no message in a queue, no retry, no row in an outbox. */
export async function everyQueueIsEmpty(system: System): Promise<void> {
  await eventually(
    async () => {
      for (const service of SERVICES) expect([service, await one(system, service, 'SELECT count(*) AS n FROM outbox')]).toEqual([service, 0]);
      for (const { name } of await queues(system)) expect([name, await depth(system.broker, name)]).toEqual([name, 0]);
    },
    { withinMs: QUIET_WITHIN_MS },
  );
}

/** What always holds once the system is quiet: no message stuck or dead, stock and money add up, each order has its parcels and its money once. */
export async function expectInvariants(system: System): Promise<void> {
  await everyQueueIsEmpty(system);
  const violations = {
    'stock is conserved and never negative': await rows(system, 'inventory', 'SELECT * FROM stock WHERE received <> on_hand + reserved + allotted + issued OR least(on_hand, reserved, allotted, issued) < 0'),
    'an order is paid twice': await rows(system, 'payments', "SELECT order_id FROM captures WHERE status = 'captured' GROUP BY 1 HAVING count(*) > 1"),
    'an order has two parcels from one warehouse': await rows(system, 'logistics', 'SELECT order_id, warehouse FROM parcels WHERE version > 0 GROUP BY 1, 2 HAVING count(*) > 1'),
    'a fact of an order is told twice': await rows(system, 'orders', 'SELECT order_id, type FROM order_history GROUP BY 1, 2 HAVING count(*) > 1 AND type LIKE \'order.%\''),
    'a person is told something twice': await rows(system, 'notifications', 'SELECT user_id, channel, about, text FROM deliveries WHERE version > 0 GROUP BY 1, 2, 3, 4 HAVING count(*) > 1'),
  };
  expect(violations).toEqual(Object.fromEntries(Object.keys(violations).map((name) => [name, []])));
  expect(await reserved(system)).toEqual(await held(system));
  expect(await one(system, 'payments', "SELECT coalesce(sum(amount), 0) AS n FROM captures WHERE status = 'captured'")).toBe(
    await one(system, 'orders', "SELECT coalesce(sum(total), 0) AS n FROM orders WHERE status IN ('paid', 'shipped', 'completed')"),
  );
}

/** Pieces that inventory holds, in all. */
const reserved = (system: System) => one(system, 'inventory', 'SELECT coalesce(sum(reserved), 0) AS n FROM stock');

/** Pieces of orders whose parcels have not left yet. */
const held = (system: System) =>
  one(
    system,
    'inventory',
    `SELECT coalesce(sum((piece->>'quantity')::int), 0) AS n
     FROM reservations, jsonb_array_elements(allocation) piece
     WHERE status = 'held' AND NOT EXISTS (SELECT FROM jsonb_array_elements(parcels) parcel WHERE parcel->>'warehouse' = piece->>'warehouse')`,
  );

async function rows(system: System, service: Service, sql: string): Promise<unknown[]> {
  return (await system.databases[service].pool.query(sql)).rows;
}

async function one(system: System, service: Service, sql: string): Promise<number> {
  const { rows } = await system.databases[service].pool.query<{ n: string | number }>(sql);
  return Number(rows[0]?.n);
}
