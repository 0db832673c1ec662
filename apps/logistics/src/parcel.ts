import {
  BookCarrier,
  ParcelCreated,
  ParcelDelivered,
  ParcelDispatched,
  parcelIdOf,
  RecallCarrier,
  type Data,
  type HaltParcels,
  type Outgoing,
  type Parcel as ParcelView,
  type Warehouse,
} from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import type { Parcel, ParcelKeys } from './tables.js';

/** Decision of a rule about parcels; empty when nothing changes. */
export interface Change {
  parcels?: Parcel[];
  messages?: Outgoing[];
  reply?: ParcelView;
}

/** An order's parcels by their ids; undefined: not created yet. */
export type Parcels = Readonly<Record<string, Parcel | undefined>>;
/** The data that an order's parcels are made from, part of `order.paid` and `logistics.halt`. */
export type Shipping = Data<typeof HaltParcels>;

export const parcelKeys = ({ parcelId: id }: { parcelId: string }): ParcelKeys => ({ parcels: [id] });

export const notFound = (): ProblemError => ProblemError.of(404, 'Parcel not found');

export const parcelIds = (order: Shipping): string[] =>
  warehousesOf(order).map((warehouse) => parcelIdOf(order.orderId, warehouse));

const warehousesOf = ({ allocation }: Shipping): Warehouse[] => [
  ...new Set(allocation.map(({ warehouse }) => warehouse)),
];

/** All parcels of the order, also those not created yet. */
export const shippingKeys = (order: Shipping): ParcelKeys => ({ parcels: parcelIds(order) });

/** The order's parcels that do not exist yet, as new parcels. */
export const missingParcels = (existing: Parcels, order: Shipping, now: Date): Parcel[] =>
  warehousesOf(order)
    .filter((warehouse) => !existing[parcelIdOf(order.orderId, warehouse)])
    .map((warehouse) => newParcel(order, warehouse, now));

/**
 * On `order.paid`: each warehouse of the allocation creates its parcel and books the carrier. Existing parcels are not
 * changed, and their facts are published again: `order.paid` comes a second time when others may have missed them.
 */
export function orderPaid(existing: Parcels, order: Shipping, now: Date): Change {
  const parcels = missingParcels(existing, order, now).map((parcel) => ({ ...parcel, carrierAskedAt: now }));
  return {
    parcels,
    messages: [
      ...parcels.flatMap((parcel) => [ParcelCreated(factOf(parcel)), BookCarrier({ parcelId: parcel.id })]),
      ...Object.values(existing).flatMap((parcel) => (parcel ? progressOf(parcel) : [])),
    ],
  };
}

/** A delivery is also the dispatch, for listeners of that alone. */
function progressOf(parcel: Parcel): Outgoing[] {
  const left = [ParcelDispatched(factOf(parcel))];
  if (parcel.status === 'delivered') return [...left, ParcelDelivered(factOf(parcel))];
  return parcel.status === 'dispatched' ? left : [];
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
    id: parcelIdOf(orderId, warehouse),
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

/** A booking is needed until the carrier has one, or the parcel has left or is halted. */
export const needsCarrier = ({ status, carrierReference }: Parcel): boolean =>
  status === 'preparing' && carrierReference === null;

/**
 * Stores the carrier's reference, which is the same for each repeat. A parcel that was halted meanwhile is recalled
 * again: its first recall may have reached the carrier before the booking.
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

/** Whether the report is a request with a reply (409 is possible) or a message of the carrier. */
interface Reporter {
  expectsReply: boolean;
}

/**
 * Marks the parcel as dispatched; one that left before stays unchanged.
 * @throws ProblemError 409 a caller waits, and the parcel is halted
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
 * Marks the parcel as delivered. The carrier's messages overtake each other, so its delivery is also the dispatch. A
 * person who reports a delivery before the dispatch has mistaken the parcel.
 * @throws ProblemError 409 a caller waits, and the parcel is halted or not dispatched
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

/** A halted parcel is not handed over, even if a carrier without the recall reports it. */
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
