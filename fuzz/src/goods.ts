// @ts-nocheck
import { randomUUID } from 'node:crypto';

/** Bought from most, and never sold out in a run. */
export const SKUS = ['FUZZ-TEA', 'FUZZ-MUG', 'FUZZ-PEN'];
const PIECES = 900_000;

/**
 * Something to buy, in two warehouses; the names go into the world.
 * @param {(method: string, target: string, options: object) => Promise<{ status: number, json: any }>} call
 * @param {import('./world.js').World} world
 */
export async function stockUp(call, world) {
  for (const sku of SKUS) {
    await call('PUT', `/products/${sku}`, {
      actor: 'admin',
      body: { name: `The ${sku}`, price: { amount: 1_200, currency: 'USD' } },
    });
    for (const warehouse of ['east', 'west'])
      await call('POST', `/products/${sku}/receipts`, {
        actor: 'admin',
        body: { warehouse, quantity: PIECES, reference: randomUUID() },
      });
    world.add('product', { value: sku });
  }
}
