import { ExpirePayment } from '@sluice/contracts';
import { depth, eventually, type System } from '@sluice/testing';
import { expect } from 'vitest';

const SERVICES = ['accounts', 'flash-sale', 'inventory', 'logistics', 'notifications', 'orders', 'payments', 'promotions'] as const;
type Service = (typeof SERVICES)[number];

/** Retries wait up to the longest tier, and what waits must have come home before anything is counted. */
const QUIET_WITHIN_MS = 120_000;

/** The queues of the topology: not where timers wait out their windows, and not what a test listens on itself. */
async function queues({ broker }: System): Promise<string[]> {
  const all = await broker.management.get<{ name: string }[]>(`queues/${encodeURIComponent(broker.vhost)}`);
  return all.map(({ name }) => name).filter((name) => !name.startsWith('amq.') && !name.startsWith(`${ExpirePayment.waitsIn}.`));
}

/** Nothing waits anywhere: no message in a queue, no retry, no row in an outbox. */
export async function everyQueueIsEmpty(system: System): Promise<void> {
  await eventually(
    async () => {
      for (const service of SERVICES) expect([service, await one(system, service, 'SELECT count(*) AS n FROM outbox')]).toEqual([service, 0]);
      for (const name of await queues(system)) expect([name, await depth(system.broker, name)]).toEqual([name, 0]);
    },
    { withinMs: QUIET_WITHIN_MS },
  );
}

/** What always holds once the system is quiet: no message stuck or dead, stock and money add up, each order has its parcels and its money once. */
export async function expectInvariants(system: System): Promise<void> {
  await everyQueueIsEmpty(system);
  const violations = {
    'stock that is not conserved, or negative': await rows(system, 'inventory', 'SELECT * FROM stock WHERE received <> on_hand + reserved + allotted + issued OR least(on_hand, reserved, allotted, issued) < 0'),
    'stock that is reserved for nobody': await rows(system, 'inventory', WRONGLY_RESERVED),
    'orders paid twice': await rows(system, 'payments', "SELECT order_id FROM captures WHERE status IN ('captured', 'refunded') GROUP BY 1 HAVING count(*) > 1"),
    'orders with two parcels from one warehouse': await rows(system, 'logistics', 'SELECT order_id, warehouse FROM parcels WHERE version > 0 GROUP BY 1, 2 HAVING count(*) > 1'),
    'orders with a parcel that has left and one that was halted': await rows(system, 'logistics', "SELECT order_id FROM parcels WHERE version > 0 GROUP BY 1 HAVING bool_or(status = 'halted') AND bool_or(status IN ('dispatched', 'delivered'))"),
    'coupons redeemed for another number of orders than they say': await rows(system, 'promotions', WRONGLY_REDEEMED),
    'shelves whose allotted pieces are in no allotment': await rows(system, 'inventory', WRONGLY_ALLOTTED),
    'sales whose pieces do not add up': await rows(system, 'flash-sale', 'SELECT * FROM sales WHERE version > 0 AND (quantity <> remaining + held + sold OR least(remaining, held, sold) < 0)'),
    'facts of an order told twice': await rows(system, 'orders', 'SELECT order_id, type FROM order_history GROUP BY 1, 2 HAVING count(*) > 1 AND type LIKE \'order.%\' AND type NOT LIKE \'order.cancellation%\''),
    'people told something twice': await rows(system, 'notifications', 'SELECT user_id, channel, about, text FROM deliveries WHERE version > 0 GROUP BY 1, 2, 3, 4 HAVING count(*) > 1'),
  };
  expect(violations).toEqual(Object.fromEntries(Object.keys(violations).map((name) => [name, []])));
  expect(await one(system, 'payments', "SELECT coalesce(sum(amount), 0) AS n FROM captures WHERE status = 'captured'")).toBe(
    await one(system, 'orders', "SELECT coalesce(sum(total), 0) AS n FROM orders WHERE status IN ('paid', 'shipped', 'completed')"),
  );
  const won = 'SELECT id, (held + sold)::int AS pieces FROM sales WHERE held + sold > 0 ORDER BY 1';
  const ordered = "SELECT flash_sale_id AS id, count(*)::int AS pieces FROM orders WHERE flash_sale_id IS NOT NULL AND status NOT IN ('rejected', 'cancelled') GROUP BY 1 ORDER BY 1";
  expect(await rows(system, 'orders', ordered)).toEqual(await rows(system, 'flash-sale', won));
  const withCoupon = "SELECT id FROM orders WHERE coupon IS NOT NULL AND status NOT IN ('rejected', 'cancelled') ORDER BY 1";
  expect(await rows(system, 'promotions', "SELECT order_id AS id FROM redemptions WHERE status = 'redeemed' ORDER BY 1")).toEqual(await rows(system, 'orders', withCoupon));
}

const WRONGLY_REDEEMED = `
  SELECT code, redeemed, n FROM coupons LEFT JOIN (SELECT code, count(*) AS n FROM redemptions WHERE status = 'redeemed' GROUP BY 1) AS used USING (code)
  WHERE redeemed <> coalesce(n, 0)`;

const WRONGLY_ALLOTTED = `
  SELECT sku, warehouse, allotted, coalesce(pieces, 0) AS pieces FROM stock LEFT JOIN (
    SELECT sku, key AS warehouse, sum(value::int) AS pieces FROM allotments, jsonb_each_text(remaining) WHERE status = 'allotted' GROUP BY 1, 2
  ) AS left_in_allotments USING (sku, warehouse)
  WHERE allotted <> coalesce(pieces, 0)`;

/** Shelves where the pieces that are reserved are not those of the orders they are held for. */
const WRONGLY_RESERVED = `
  WITH moves AS (
    SELECT piece, 1 AS sign FROM reservations, jsonb_array_elements(allocation) AS piece
    UNION ALL
    SELECT piece, -1 FROM reservations, jsonb_array_elements(parcels) AS parcel, jsonb_array_elements(parcel->'allocation') AS piece
  ), held AS (
    SELECT piece->>'sku' AS sku, piece->>'warehouse' AS warehouse, sum(sign * (piece->>'quantity')::int) AS pieces FROM moves GROUP BY 1, 2
  )
  SELECT sku, warehouse, reserved, coalesce(pieces, 0) AS held FROM stock LEFT JOIN held USING (sku, warehouse) WHERE reserved <> coalesce(pieces, 0)`;

async function rows(system: System, service: Service, sql: string): Promise<unknown[]> {
  return (await system.databases[service].pool.query(sql)).rows;
}

async function one(system: System, service: Service, sql: string): Promise<number> {
  const { rows } = await system.databases[service].pool.query<{ n: string | number }>(sql);
  return Number(rows[0]?.n);
}
