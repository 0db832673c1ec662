import { z } from 'zod';
import { command, event, query } from './message.js';
import { ParcelStatus } from './orders.js';
import { Id, Sku, Warehouse } from './values.js';

export const Parcel = z.object({
  id: Id,
  orderId: Id,
  userId: Id,
  warehouse: Warehouse,
  status: ParcelStatus,
  lines: z.array(z.object({ sku: Sku, quantity: z.int() })),
});
export type Parcel = z.infer<typeof Parcel>;

/** Hands one parcel to the carrier; sent by logistics to itself. The parcel's id is the carrier's idempotency key. */
export const BookCarrier = command('logistics.book', z.object({ parcelId: Id }));
/** The parcel has left its warehouse. Twice is once. Problems: 404. */
export const DispatchParcel = command('logistics.dispatch', z.object({ parcelId: Id }), { reply: Parcel });
/** The parcel has arrived. Twice is once. Problems: 404, 409 not dispatched yet. */
export const DeliverParcel = command('logistics.deliver', z.object({ parcelId: Id }), { reply: Parcel });
/** Problems: 404. */
export const GetParcel = query('logistics.parcel', z.object({ parcelId: Id }), Parcel);

const fact = z.object({ parcelId: Id, orderId: Id, userId: Id, warehouse: Warehouse, lines: z.array(z.object({ sku: Sku, quantity: z.int() })), version: z.int() });
export const ParcelCreated = event('parcel.created', fact);
export const ParcelDispatched = event('parcel.dispatched', fact);
export const ParcelDelivered = event('parcel.delivered', fact);
