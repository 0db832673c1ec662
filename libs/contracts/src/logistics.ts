import { v5 } from 'uuid';
import { z } from 'zod';
import { command, event, query } from './kit/message.js';
import { Allocation } from './inventory.js';
import { ParcelStatus } from './orders.js';
import { Id } from './kit/values.js';
import { Address, Sku, Warehouse } from './values.js';

/** The namespace of parcel ids (RFC 9562, section 5.5); changing it would make every parcel a second time. */
const PARCELS = '5b0f7a52-6a0e-4d0b-9d5c-0f6b7f1f2c11';

/**
 * The id of an order's parcel in a warehouse: one parcel per warehouse of its allocation, so whoever knows the
 * allocation knows the parcels.
 */
export const parcelIdOf = (orderId: string, warehouse: Warehouse): string =>
  v5(`${orderId.toLowerCase()}/${warehouse}`, PARCELS);

export const Parcel = z.object({
  id: Id,
  orderId: Id,
  userId: Id,
  warehouse: Warehouse,
  status: ParcelStatus,
  lines: z.array(z.object({ sku: Sku, quantity: z.int() })),
});
export type Parcel = z.infer<typeof Parcel>;

export const BookCarrier = command('logistics.book', z.object({ parcelId: Id }), {
  about:
    "Hands one parcel to the carrier; sent by logistics to itself. The parcel's id is the carrier's idempotency key.",
});
export const RecallCarrier = command('logistics.recall', z.object({ parcelId: Id }), {
  about: 'Takes one parcel back from the carrier, who is not to fetch it any more; sent by logistics to itself.',
});
export const HaltParcels = command(
  'logistics.halt',
  z.object({ orderId: Id, userId: Id, allocation: Allocation, address: Address }),
  {
    about:
      'Halt all parcels of an order or none; `parcels.halted` or `parcels.left` tells which. It says what ' +
      '`order.paid` says, which it may overtake.',
  },
);
export const DispatchParcel = command('logistics.dispatch', z.object({ parcelId: Id }), {
  reply: Parcel,
  about: 'The parcel has left its warehouse. Twice is once. Problems: 404, 409 halted.',
});
export const DeliverParcel = command('logistics.deliver', z.object({ parcelId: Id }), {
  reply: Parcel,
  about: 'The parcel has arrived. Twice is once. Problems: 404, 409 not dispatched yet, or halted.',
});
export const GetParcel = query('logistics.parcel', z.object({ parcelId: Id }), Parcel, {
  about: 'Problems: 404.',
});

const fact = z.object({
  parcelId: Id,
  orderId: Id,
  userId: Id,
  warehouse: Warehouse,
  lines: z.array(z.object({ sku: Sku, quantity: z.int() })),
  version: z.int(),
});
export const ParcelCreated = event('parcel.created', fact, {
  onDemand: true,
  about: '`order.paid` implies it: its allocation names the warehouses, and the ids follow from them.',
});
export const ParcelDispatched = event('parcel.dispatched', fact);
export const ParcelDelivered = event('parcel.delivered', fact);

const order = { orderId: Id, userId: Id, version: z.int() };
export const ParcelsHalted = event(
  'parcels.halted',
  z.object({
    ...order,
    parcels: z.array(
      z.object({ id: Id, warehouse: Warehouse, lines: z.array(z.object({ sku: Sku, quantity: z.int() })) }),
    ),
  }),
  {
    about: "None of the order's parcels has left, and none will.",
  },
);
export const ParcelsLeft = event('parcels.left', z.object(order), {
  about: "At least one parcel had left when the order's were to be halted: none is.",
});
