import { type Allocation, type Data, type OrderCancelled, type OrderPlaced, type OrderReason, type OrderRejected, type ParcelDispatched, StockIssued, StockRejected, StockReleased, StockReserved } from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import { allocate, shortages, totals } from './allocation.js';
import { issued, moved, released, reserved, shelf } from './stock.js';
import type { Decision, HeldReservation, RejectedReservation, ReleasedReservation, State } from './tables.js';

/** Holds every line of an order or none. An order that has its answer keeps it. */
export function reserve(state: State, { orderId, userId, lines }: Data<typeof OrderPlaced>): Decision {
  if (state.reservations[orderId]) return {};
  const unknown = [...totals(lines).keys()].filter((sku) => !state.products[sku]);
  if (unknown.length > 0) return reject({ orderId, userId }, 'unknown_product', unknown);
  const onHand = (sku: string, warehouse: string): number => state.stock[shelf(sku, warehouse)]?.onHand ?? 0;
  const allocation = allocate(lines, onHand);
  return allocation ? hold(state, { orderId, userId }, allocation) : reject({ orderId, userId }, 'out_of_stock', shortages(lines, onHand));
}

type Orderer = Pick<Data<typeof OrderPlaced>, 'orderId' | 'userId'>;

function hold(state: State, orderer: Orderer, allocation: Allocation): Decision {
  const reservation: HeldReservation = { ...orderer, status: 'held', allocation, parcels: [], reason: null, skus: null, version: 1 };
  return {
    state: { reservations: { [orderer.orderId]: reservation }, stock: moved(state.stock, allocation, reserved) },
    messages: [StockReserved({ ...orderer, allocation, version: 1 })],
  };
}

function reject(orderer: Orderer, reason: RejectedReservation['reason'], skus: string[]): Decision {
  const reservation: RejectedReservation = { ...orderer, status: 'rejected', allocation: [], parcels: [], reason, skus, version: 1 };
  return { state: { reservations: { [orderer.orderId]: reservation } }, messages: [StockRejected({ ...orderer, reason, skus, version: 1 })] };
}

/**
 * The pieces of a parcel have left their warehouse; once per parcel.
 * @throws Error when nothing is known of the order: a parcel is made after its stock was held, so the message comes again later
 * @throws PermanentError when the parcel holds what was not held for its order there
 */
export function issue(state: State, { parcelId, orderId, warehouse, lines }: Data<typeof ParcelDispatched>): Decision {
  const reservation = state.reservations[orderId];
  if (!reservation) throw new Error(`parcel ${parcelId} has left, but nothing is known of its order ${orderId}`);
  if (reservation.parcels.some((parcel) => parcel.parcelId === parcelId)) return {};
  const allocation = [...totals(lines)].map(([sku, quantity]) => ({ sku, warehouse, quantity }));
  if (reservation.status !== 'held' || !allocation.every((pick) => pick.quantity <= stillHeld(reservation, pick))) {
    throw new PermanentError(`parcel ${parcelId} holds pieces that were not held in ${warehouse} for order ${orderId}`);
  }
  const after: HeldReservation = { ...reservation, parcels: [...reservation.parcels, { parcelId, allocation }], version: reservation.version + 1 };
  return {
    state: { reservations: { [orderId]: after }, stock: moved(state.stock, allocation, issued) },
    messages: [StockIssued({ orderId, userId: reservation.userId, parcelId, allocation, version: after.version })],
  };
}

/** Why an order was rejected that was never placed, or that was refused its stock here: nothing can be held for it later. */
const NEVER_HELD: ReadonlySet<OrderReason> = new Set(['unknown_product', 'not_orderable', 'out_of_stock']);

/**
 * A cancelled or rejected order gives back what it holds and has not left. If that is heard before it was placed, it leaves a
 * mark, so that nothing is held for it later.
 */
export function release(state: State, { orderId, userId, reason }: Data<typeof OrderCancelled> | Data<typeof OrderRejected>): Decision {
  const reservation = state.reservations[orderId];
  if (!reservation) return NEVER_HELD.has(reason) ? {} : { state: { reservations: { [orderId]: neverHeld({ orderId, userId }) } } };
  if (reservation.status !== 'held') return {};
  const free = reservation.allocation.map((pick) => ({ ...pick, quantity: stillHeld(reservation, pick) })).filter(({ quantity }) => quantity > 0);
  const left = reservation.parcels.flatMap(({ allocation }) => allocation);
  const after: ReleasedReservation = { ...reservation, status: 'released', allocation: left, version: reservation.version + 1 };
  return {
    state: { reservations: { [orderId]: after }, stock: moved(state.stock, free, released) },
    messages: free.length > 0 ? [StockReleased({ orderId, userId: reservation.userId, allocation: free, version: after.version })] : [],
  };
}

const neverHeld = (orderer: Orderer): ReleasedReservation => ({ ...orderer, status: 'released', allocation: [], parcels: [], reason: null, skus: null, version: 1 });

/** Pieces held for the order on one shelf that have not left yet. */
function stillHeld({ allocation, parcels }: HeldReservation, { sku, warehouse }: { sku: string; warehouse: string }): number {
  const pieces = (picks: Allocation): number => picks.filter((pick) => pick.sku === sku && pick.warehouse === warehouse).reduce((sum, { quantity }) => sum + quantity, 0);
  return pieces(allocation) - parcels.reduce((left, parcel) => left + pieces(parcel.allocation), 0);
}
