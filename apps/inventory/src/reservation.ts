import {
  type Allocation,
  type Data,
  type OrderCancelled,
  type OrderPlaced,
  type OrderReason,
  type OrderRejected,
  type ParcelDispatched,
  StockIssued,
  StockRejected,
  StockReleased,
  StockReserved,
} from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import { allocate, shortages, totals } from './allocation.js';
import { putBack, remaining, take } from './allotment.js';
import { issued, moved, onHand, released, reserved } from './stock.js';
import type {
  Changes,
  Decision,
  HeldReservation,
  RejectedReservation,
  ReleasedReservation,
  Reservation,
  State,
} from './tables.js';

type Placed = Data<typeof OrderPlaced>;
type Ended = Data<typeof OrderCancelled> | Data<typeof OrderRejected>;

/**
 * Holds every line of an order or none; a sale's order only from the sale's allotment. A decided order keeps its
 * decision.
 */
export function reserve(state: State, placed: Placed): Decision {
  const { orderId, flashSaleId, lines } = placed;
  if (state.reservations[orderId]) return {};
  const unknown = flashSaleId === undefined ? [...totals(lines).keys()].filter((sku) => !state.products[sku]) : [];
  if (unknown.length > 0) return reject(placed, 'unknown_product', unknown);
  const onHandOrAllotted = flashSaleId === undefined ? onHand(state.stock) : remaining(state.allotments[flashSaleId]);
  const allocation = allocate(lines, onHandOrAllotted);
  return allocation
    ? hold(state, placed, allocation)
    : reject(placed, 'out_of_stock', shortages(lines, onHandOrAllotted));
}

type Orderer = Pick<Placed, 'orderId' | 'userId' | 'flashSaleId'>;

const requestColumns = ({ orderId, userId, flashSaleId }: Orderer) => ({
  orderId,
  userId,
  flashSaleId: flashSaleId ?? null,
});

/** First fields of every fact about a reservation. */
const about = ({ orderId, userId, flashSaleId, version }: Reservation) => ({
  orderId,
  userId,
  version,
  ...(flashSaleId !== null && { flashSaleId }),
});

function hold(state: State, placed: Placed, allocation: Allocation): Decision {
  const reservation: HeldReservation = {
    ...requestColumns(placed),
    status: 'held',
    allocation,
    parcels: [],
    reason: null,
    skus: null,
    version: 1,
  };
  const { orderId, flashSaleId } = placed;
  const pieces =
    flashSaleId === undefined
      ? { stock: moved(state.stock, allocation, reserved) }
      : take(state, flashSaleId, allocation);
  return {
    state: { reservations: { [orderId]: reservation }, ...pieces },
    messages: [StockReserved({ ...about(reservation), allocation })],
  };
}

function reject(placed: Placed, reason: RejectedReservation['reason'], skus: string[]): Decision {
  const reservation: RejectedReservation = {
    ...requestColumns(placed),
    status: 'rejected',
    allocation: [],
    parcels: [],
    reason,
    skus,
    version: 1,
  };
  return {
    state: { reservations: { [placed.orderId]: reservation } },
    messages: [StockRejected({ ...about(reservation), reason, skus })],
  };
}

/**
 * On `parcel.dispatched`: the pieces of a parcel have left their warehouse; once per parcel.
 * @throws Error there is no record of the order: a parcel is created after its stock was held, so the message is
 * retried
 * @throws PermanentError the parcel contains pieces that were not held for its order in this warehouse
 */
export function issue(state: State, { parcelId, orderId, warehouse, lines }: Data<typeof ParcelDispatched>): Decision {
  const reservation = state.reservations[orderId];
  if (!reservation) throw new Error(`parcel ${parcelId} has left, but there is no record of its order ${orderId}`);
  if (reservation.parcels.some((parcel) => parcel.parcelId === parcelId)) return {};
  const allocation = [...totals(lines)].map(([sku, quantity]) => ({ sku, warehouse, quantity }));
  if (reservation.status !== 'held' || !allocation.every((pick) => pick.quantity <= stillHeld(reservation, pick))) {
    throw new PermanentError(`parcel ${parcelId} holds pieces that were not held in ${warehouse} for order ${orderId}`);
  }
  const after: HeldReservation = {
    ...reservation,
    parcels: [...reservation.parcels, { parcelId, allocation }],
    version: reservation.version + 1,
  };
  return {
    state: { reservations: { [orderId]: after }, stock: moved(state.stock, allocation, issued) },
    messages: [StockIssued({ ...about(after), parcelId, allocation })],
  };
}

/** Reasons of an order that was never placed, or was refused its stock here: nothing can be held for it later. */
const NEVER_HELD: ReadonlySet<OrderReason> = new Set(['unknown_product', 'not_orderable', 'out_of_stock']);

/**
 * Releases what a cancelled or rejected order still holds. If its end overtakes `order.placed`, a row is stored so
 * that nothing is held for it later. For a sale's order `stock.released` is published exactly once, also when nothing
 * was held.
 * @throws PermanentError the order took the pieces of another sale than its end names
 */
export function release(state: State, ended: Ended): Decision {
  const reservation = state.reservations[ended.orderId];
  if (!reservation)
    return ended.flashSaleId === undefined && NEVER_HELD.has(ended.reason)
      ? {}
      : releaseDecision(ended, neverHeld(ended), []);
  if (reservation.status === 'held') return releaseHeld(state, ended, reservation);
  if (reservation.status === 'released' || reservation.flashSaleId === null) return {};
  return releaseDecision(
    ended,
    { ...reservation, status: 'released', reason: null, skus: null, version: reservation.version + 1 },
    [],
  );
}

function releaseHeld(state: State, ended: Ended, reservation: HeldReservation): Decision {
  const unissued = reservation.allocation
    .map((pick) => ({ ...pick, quantity: stillHeld(reservation, pick) }))
    .filter(({ quantity }) => quantity > 0);
  const left = reservation.parcels.flatMap(({ allocation }) => allocation);
  const after: ReleasedReservation = {
    ...reservation,
    status: 'released',
    allocation: left,
    version: reservation.version + 1,
  };
  return releaseDecision(
    ended,
    after,
    unissued,
    unissued.length > 0 ? returnPieces(state, ended, reservation, unissued) : {},
  );
}

function returnPieces(
  state: State,
  { orderId, flashSaleId }: Ended,
  reservation: HeldReservation,
  unissued: Allocation,
): Changes {
  if (reservation.flashSaleId === null) return { stock: moved(state.stock, unissued, released) };
  if (flashSaleId === undefined || state.allotments[flashSaleId]?.saleId !== reservation.flashSaleId) {
    throw new PermanentError(
      `order ${orderId} holds pieces of sale ${reservation.flashSaleId}, but its end names sale ${flashSaleId}`,
    );
  }
  return putBack(state, flashSaleId, unissued);
}

function releaseDecision(
  { orderId }: Ended,
  after: ReleasedReservation,
  unissued: Allocation,
  pieces: Changes = {},
): Decision {
  const isAwaited = unissued.length > 0 || after.flashSaleId !== null;
  return {
    state: { reservations: { [orderId]: after }, ...pieces },
    messages: isAwaited ? [StockReleased({ ...about(after), allocation: unissued })] : [],
  };
}

const neverHeld = (ended: Ended): ReleasedReservation => ({
  ...requestColumns(ended),
  status: 'released',
  allocation: [],
  parcels: [],
  reason: null,
  skus: null,
  version: 1,
});

/** Pieces held for the order on one shelf that have not left yet. */
function stillHeld(
  { allocation, parcels }: HeldReservation,
  { sku, warehouse }: { sku: string; warehouse: string },
): number {
  const pieces = (picks: Allocation): number =>
    picks
      .filter((pick) => pick.sku === sku && pick.warehouse === warehouse)
      .reduce((sum, { quantity }) => sum + quantity, 0);
  return pieces(allocation) - parcels.reduce((left, parcel) => left + pieces(parcel.allocation), 0);
}
