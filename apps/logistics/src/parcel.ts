import {
  BookCarrier,
  ParcelCreated,
  ParcelDelivered,
  ParcelDispatched,
  RecallCarrier,
  type Data,
  type HaltParcels,
  type Outgoing,
  type Parcel as ParcelView,
  type Warehouse,
} from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { v5 } from 'uuid';
import type { Parcel } from './tables.js';

/** What a rule has decided about parcels; nothing at all when it changes nothing. */
export interface Change {
  parcels?: Parcel[];
  messages?: Outgoing[];
  reply?: ParcelView;
}

/** An order's parcels by their ids; undefined: not made yet. */
export type Parcels = Readonly<Record<string, Parcel | undefined>>;
/** What an order's parcels are made of: `order.paid` and `logistics.halt` both say it. */
export type Shipping = Data<typeof HaltParcels>;

/** The namespace of parcel ids (RFC 9562, section 5.5); changing it would make every parcel a second time. */
const PARCELS = '5b0f7a52-6a0e-4d0b-9d5c-0f6b7f1f2c11';

/** An order has one parcel per warehouse, so its id follows from the two, and a repeat makes no other. */
export const parcelId = (orderId: string, warehouse: Warehouse): string =>
  v5(`${orderId.toLowerCase()}/${warehouse}`, PARCELS);

export const parcelIds = (order: Shipping): string[] =>
  warehousesOf(order).map((warehouse) => parcelId(order.orderId, warehouse));

const warehousesOf = ({ allocation }: Shipping): Warehouse[] => [
  ...new Set(allocation.map(({ warehouse }) => warehouse)),
];

/** The parcels of an order that are not there yet, as they are when they are made. */
export const missingParcels = (existing: Parcels, order: Shipping, now: Date): Parcel[] =>
  warehousesOf(order)
    .filter((warehouse) => !existing[parcelId(order.orderId, warehouse)])
    .map((warehouse) => newParcel(order, warehouse, now));

/** Each warehouse that gives something makes its parcel and books the carrier; those it has made are left alone. */
export function orderPaid(existing: Parcels, order: Shipping, now: Date): Change {
  const parcels = missingParcels(existing, order, now).map((parcel) => ({ ...parcel, carrierAskedAt: now }));
  return {
    parcels,
    messages: parcels.flatMap((parcel) => [ParcelCreated(factOf(parcel)), BookCarrier({ parcelId: parcel.id })]),
  };
}

function newParcel({ orderId, userId, address, allocation }: Shipping, warehouse: Warehouse, now: Date): Parcel {
  const lines = allocation
    .filter((pick) => pick.warehouse === warehouse)
    .map(({ sku, quantity }) => ({ sku, quantity }));
  const nothingYet = {
    carrierReference: null,
    carrierAskedAt: null,
    carrierRefusal: null,
    recalledAt: null,
    dispatchedAt: null,
    deliveredAt: null,
    haltedAt: null,
  };
  return {
    id: parcelId(orderId, warehouse),
    orderId,
    userId,
    warehouse,
    lines,
    address,
    status: 'preparing',
    createdAt: now,
    ...nothingYet,
    version: 1,
  };
}

/** A parcel that the carrier has, or that has left without it, needs no carrier; nor does one that stays. */
export const needsCarrier = ({ status, carrierReference }: Parcel): boolean =>
  status === 'preparing' && carrierReference === null;

/**
 * The carrier gives the same reference for the same parcel, however often it is asked. A parcel that was halted meanwhile is
 * taken back again: its first recall may have come before the booking.
 */
export function carrierBooked(parcel: Parcel, carrierReference: string, now: Date): Change {
  if (parcel.carrierReference) return {};
  const booked = { ...parcel, carrierReference, carrierRefusal: null, version: parcel.version + 1 };
  if (parcel.status !== 'halted') return { parcels: [booked] };
  return {
    parcels: [{ ...booked, carrierAskedAt: now, recalledAt: null }],
    messages: [RecallCarrier({ parcelId: parcel.id })],
  };
}

/** Whether somebody asked for this, rather than the carrier telling it. */
interface Reporter {
  expectsReply: boolean;
}

/**
 * The parcel has left its warehouse; one that has left before stays as it is.
 * @throws ProblemError 409 somebody asked, and the parcel is halted
 */
export function dispatch(parcel: Parcel, { expectsReply }: Reporter, now: Date): Change {
  return parcel.status === 'halted' ? unchanged(expectsReply) : leave(parcel, now);
}

function leave(parcel: Parcel, now: Date): Change {
  if (parcel.status !== 'preparing') return { reply: viewOf(parcel) };
  const after: Parcel = { ...parcel, status: 'dispatched', dispatchedAt: now, version: parcel.version + 1 };
  return { parcels: [after], messages: [ParcelDispatched(factOf(after))], reply: viewOf(after) };
}

/**
 * The parcel has arrived. What arrives has left: from the carrier, whose messages overtake each other, an arrival is also
 * the departure. A person who says so before it has left has mistaken the parcel.
 * @throws ProblemError 409 somebody asked, and the parcel has not been dispatched, or is halted
 */
export function deliver(parcel: Parcel, { expectsReply }: Reporter, now: Date): Change {
  if (parcel.status === 'halted') return unchanged(expectsReply);
  if (parcel.status === 'delivered') return { reply: viewOf(parcel) };
  if (parcel.status === 'preparing' && expectsReply)
    throw ProblemError.of(409, 'Not dispatched yet', 'The parcel has not left its warehouse.');
  const { parcels: [left = parcel] = [], messages = [] } = leave(parcel, now);
  const after: Parcel = { ...left, status: 'delivered', deliveredAt: now, version: left.version + 1 };
  return { parcels: [after], messages: [...messages, ParcelDelivered(factOf(after))], reply: viewOf(after) };
}

/** A halted parcel is not handed over, whatever a carrier says who does not know yet that it was recalled. */
function unchanged(expectsReply: boolean): Change {
  if (expectsReply)
    throw ProblemError.of(
      409,
      'Halted',
      'The order of this parcel is cancelled, and the parcel stays in its warehouse.',
    );
  return {};
}

export const viewOf = ({ id, orderId, userId, warehouse, status, lines }: Parcel): ParcelView => ({
  id,
  orderId,
  userId,
  warehouse,
  status,
  lines,
});

const factOf = ({ id, orderId, userId, warehouse, lines, version }: Parcel) => ({
  parcelId: id,
  orderId,
  userId,
  warehouse,
  lines,
  version,
});
