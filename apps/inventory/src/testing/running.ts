import { randomUUID } from 'node:crypto';
import { PutProduct, ReceiveStock, type Warehouse } from '@sluice/contracts';
import { MessageClient } from '@sluice/messaging';
import { type Service, startService } from '@sluice/service-kit';
import type { Pool } from 'pg';
import { InventoryConfig } from '../config.js';
import { InventoryModule } from '../inventory.module.js';

/** The retry tiers of the test broker, in ms. */
export const TIERS_MS = [100, 200];
const DEADLINE_MS = 10_000;
export const price = { amount: 1_000, currency: 'USD' };

/** Starts one instance of the service in this process, with the products of a development system. */
export const startInventory = (urls: { AMQP_URL: string; DATABASE_URL: string }): Promise<Service> =>
  startService(
    { name: 'inventory', module: InventoryModule, config: InventoryConfig, database: true },
    { ...urls, RETRY_TIERS_MS: TIERS_MS.join(), LOG_LEVEL: 'silent', DEV_SEED: 'true' },
  );

/** Creates products and receives stock. */
export const supplier = (client: MessageClient) => ({
  put: (sku: string) => client.request(PutProduct, { sku, name: `A ${sku}`, price }, { deadlineMs: DEADLINE_MS }),
  receive: (sku: string, warehouse: Warehouse, quantity: number, reference: string = randomUUID()) =>
    client.request(ReceiveStock, { sku, warehouse, quantity, reference }, { deadlineMs: DEADLINE_MS }),
});

/** The shelf's row in the database. */
export const shelfIn = async (
  pool: Pool,
  sku: string,
  warehouse: Warehouse,
): Promise<Record<'received' | 'on_hand' | 'reserved' | 'allotted' | 'issued', number>> =>
  (
    await pool.query(
      `SELECT received::int, on_hand::int, reserved::int, allotted::int, issued::int
       FROM stock WHERE sku = $1 AND warehouse = $2`,
      [sku, warehouse],
    )
  ).rows[0];

/** An order as in `order.placed`. */
export const order = (...lines: [string, number][]) => ({
  orderId: randomUUID() as string,
  userId: randomUUID() as string,
  version: 1,
  subtotal: price,
  lines: lines.map(([sku, quantity]) => ({ sku, quantity, name: sku, unitPrice: price })),
});
