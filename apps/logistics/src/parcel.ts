import { BookCarrier, ParcelCreated, ParcelDelivered, ParcelDispatched, type Data, type OrderPaid, type Outgoing, type Parcel as ParcelView, type Warehouse } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { v5 } from 'uuid';
import type { Parcel } from './tables.js';

/** What a rule has decided about parcels; nothing at all when it changes nothing. */
export interface Change {
  parcels?: Parcel[];
  messages?: Outgoing[];
  reply?: ParcelView;
}

type Parcels = Readonly<Record<string, Parcel | undefined>>;
type Paid = Data<typeof OrderPaid>;

/** The namespace of parcel ids (RFC 9562, section 5.5); changing it would make every parcel a second time. */
const PARCELS = '5b0f7a52-6a0e-4d0b-9d5c-0f6b7f1f2c11';

/** An order has one parcel per warehouse, so its id follows from the two, and a repeat makes no other. */
export const parcelId = (orderId: string, warehouse: Warehouse): string => v5(`${orderId.toLowerCase()}/${warehouse}`, PARCELS);

export const parcelIds = ({ orderId, allocation }: Paid): string[] => warehousesOf(allocation).map((warehouse) => parcelId(orderId, warehouse));

const warehousesOf = (allocation: Paid['allocation']): Warehouse[] => [...new Set(allocation.map(({ warehouse }) => warehouse))];

/** Each warehouse that gives something makes its parcel and books the carrier; those it has made are left alone. */
export function orderPaid(existing: Parcels, order: Paid, now: Date): Change {
  const missing = warehousesOf(order.allocation).filter((warehouse) => !existing[parcelId(order.orderId, warehouse)]);
  const parcels = missing.map((warehouse) => newParcel(order, warehouse, now));
  return { parcels, messages: parcels.flatMap((parcel) => [ParcelCreated(factOf(parcel)), BookCarrier({ parcelId: parcel.id })]) };
}

function newParcel({ orderId, userId, address, allocation }: Paid, warehouse: Warehouse, now: Date): Parcel {
  const lines = allocation.filter((pick) => pick.warehouse === warehouse).map(({ sku, quantity }) => ({ sku, quantity }));
  const nothingYet = { carrierReference: null, dispatchedAt: null, deliveredAt: null };
  return { id: parcelId(orderId, warehouse), orderId, userId, warehouse, lines, address, status: 'preparing', createdAt: now, ...nothingYet, version: 1 };
}

/** A parcel that the carrier has, or that has left without it, needs no carrier. */
export const needsCarrier = ({ status, carrierReference }: Parcel): boolean => status === 'preparing' && carrierReference === null;

/** The carrier gives the same reference for the same parcel, however often it is asked. */
export const carrierBooked = (parcel: Parcel, carrierReference: string): Change =>
  parcel.carrierReference ? {} : { parcels: [{ ...parcel, carrierReference, version: parcel.version + 1 }] };

/** The parcel has left its warehouse; one that has left before stays as it is. */
export function dispatch(parcel: Parcel, now: Date): Change {
  if (parcel.status !== 'preparing') return { reply: viewOf(parcel) };
  const after: Parcel = { ...parcel, status: 'dispatched', dispatchedAt: now, version: parcel.version + 1 };
  return { parcels: [after], messages: [ParcelDispatched(factOf(after))], reply: viewOf(after) };
}

/**
 * The parcel has arrived. What arrives has left: from the carrier, whose messages overtake each other, an arrival is also
 * the departure. A person who says so before it has left has mistaken the parcel.
 * @param asked whether somebody asked for this, rather than the carrier telling it
 * @throws ProblemError 409 somebody asked, and the parcel has not been dispatched
 */
export function deliver(parcel: Parcel, { asked }: { asked: boolean }, now: Date): Change {
  if (parcel.status === 'delivered') return { reply: viewOf(parcel) };
  if (parcel.status === 'preparing' && asked) throw ProblemError.of(409, 'Not dispatched yet', 'The parcel has not left its warehouse.');
  const { parcels: [left = parcel] = [], messages = [] } = dispatch(parcel, now);
  const after: Parcel = { ...left, status: 'delivered', deliveredAt: now, version: left.version + 1 };
  return { parcels: [after], messages: [...messages, ParcelDelivered(factOf(after))], reply: viewOf(after) };
}

export const viewOf = ({ id, orderId, userId, warehouse, status, lines }: Parcel): ParcelView => ({ id, orderId, userId, warehouse, status, lines });

const factOf = ({ id, orderId, userId, warehouse, lines, version }: Parcel) => ({ parcelId: id, orderId, userId, warehouse, lines, version });
