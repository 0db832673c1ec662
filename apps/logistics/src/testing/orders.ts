import type { Data, HaltParcels, OrderPaid, Warehouse } from '@sluice/contracts';
import { newId } from '@sluice/persistence';
import type { Change, Parcels } from '../parcel.js';

const money = (amount: number) => ({ amount, currency: 'EUR' });

/** An order with pieces in these warehouses, as in `order.paid` and in `logistics.halt`. */
export function orderFrom(
  warehouses: readonly Warehouse[],
  orderId: string = newId(),
): { paid: Data<typeof OrderPaid>; halt: Data<typeof HaltParcels> } {
  const address = { name: 'Ada Byron', street: '12 Analytical Row', city: 'London', postcode: 'N1 7AA', country: 'GB' };
  const lines = [{ sku: 'TEE', name: 'T-shirt', quantity: warehouses.length, unitPrice: money(1_500) }];
  const allocation = warehouses.map((warehouse) => ({ sku: 'TEE', warehouse, quantity: 1 }));
  const halt = { orderId, userId: newId(), allocation, address };
  return { paid: { ...halt, version: 4, lines, total: money(1_500) }, halt };
}

/** An order's parcels after the decision of a rule. */
export const after = (parcels: Parcels, change: Change): Parcels => ({
  ...parcels,
  ...Object.fromEntries((change.parcels ?? []).map((parcel) => [parcel.id, parcel])),
});
