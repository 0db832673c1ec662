import {
  type Allocation,
  type Data,
  type OrderCancelled,
  type OrderPlaced,
  type OrderReason,
  type OrderRejected,
  type Outgoing,
  type ParcelDispatched,
  StockIssued,
  StockRejected,
  StockReleased,
  StockReserved,
} from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import { allocate, shortages, totals } from './allocation.js';
import { putBack, remaining, take } from './allotment.js';
import { issued, moved, onHand, released, reserved, restocks, shelf, shelvesOf } from './stock.js';
import type {
  HeldReservation,
  RejectedReservation,
  ReleasedReservation,
  Reservation,
  StockChanges,
  StockDecision,
  StockKeys,
  StockState,
} from './tables.js';

type Placed = Data<typeof OrderPlaced>;
type Ended = Data<typeof OrderCancelled> | Data<typeof OrderRejected>;

const skusOf = (lines: Placed['lines']): string[] => [...totals(lines).keys()];

/**
 * A sale's order reads its allotment and no product, since what is allotted has one; other orders read no allotment.
 */
export function reserveKeys({ orderId, flashSaleId, lines }: Placed): StockKeys {
  const skus = skusOf(lines);
  const source = flashSaleId === undefined ? { products: skus } : { allotments: [flashSaleId] };
  return { reservations: [orderId], stock: skus.flatMap(shelvesOf), ...source };
}

/**
 * Holds every line of an order or none; a sale's order only from the sale's allotment. A decided order keeps its
 * decision, which is published again: the fact comes a second time when orders may have missed the reply.
 */
export function reserve(state: StockState, placed: Placed): StockDecision {
  const { orderId, flashSaleId, lines } = placed;
  const decided = state.reservations[orderId];
  if (decided) return decided.status === 'released' ? {} : { messages: [replyOf(decided)] };
  const unknown = flashSaleId === undefined ? skusOf(lines).filter((sku) => !state.products[sku]) : [];
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

function hold(state: StockState, placed: Placed, allocation: Allocation): StockDecision {
  const reservation: HeldReservation = {
    status: 'held',
    allocation,
    parcels: [],
    reason: null,
    skus: null,
    version: 1,
    ...requestColumns(placed),
  };
  const { orderId, flashSaleId } = placed;
  const pieces =
    flashSaleId === undefined
      ? { stock: moved(state.stock, allocation, reserved) }
      : take(state, flashSaleId, allocation);
  return {
    state: { reservations: { [orderId]: reservation }, ...pieces },
    messages: [replyOf(reservation)],
  };
}

const replyOf = (decided: HeldReservation | RejectedReservation): Outgoing =>
  decided.status === 'held'
    ? StockReserved({ allocation: decided.allocation, ...about(decided) })
    : StockRejected({ ...about(decided), reason: decided.reason, skus: decided.skus });

function reject(placed: Placed, reason: RejectedReservation['reason'], skus: string[]): StockDecision {
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
    messages: [replyOf(reservation)],
  };
}

export const issueKeys = ({ orderId, warehouse, lines }: Data<typeof ParcelDispatched>): StockKeys => ({
  reservations: [orderId],
  stock: lines.map(({ sku }) => shelf(sku, warehouse)),
});

/**
 * On `parcel.dispatched`: the pieces of a parcel have left their warehouse; once per parcel.
 * @throws Error there is no record of the order: a parcel is created after its stock was held, so the message is
 * retried
 * @throws PermanentError the parcel contains pieces that were not held for its order in this warehouse
 */
export function issue(
  state: StockState,
  { parcelId, orderId, warehouse, lines }: Data<typeof ParcelDispatched>,
): StockDecision {
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
    messages: [StockIssued({ parcelId, allocation, ...about(after) })],
  };
}

/** Reasons of an order that was never placed, or was refused its stock here: nothing can be held for it later. */
const NEVER_HELD: ReadonlySet<OrderReason> = new Set(['unknown_product', 'not_orderable', 'out_of_stock']);

/** The shelves of all lines: the allocation in the message may be older than the reservation. */
export function releaseKeys({ orderId, flashSaleId, lines }: Ended): StockKeys {
  const skus = skusOf(lines);
  const target = flashSaleId === undefined ? { products: skus } : { allotments: [flashSaleId] };
  return { reservations: [orderId], stock: skus.flatMap(shelvesOf), ...target };
}

/**
 * Releases what a cancelled or rejected order still holds. If its end overtakes `order.placed`, a row is stored so
 * that nothing is held for it later. For a sale's order `stock.released` is published also when nothing was held, and
 * again for a second fact about its end.
 * @throws PermanentError the order took the pieces of another sale than its end names
 */
export function release(state: StockState, ended: Ended): StockDecision {
  const reservation = state.reservations[ended.orderId];
  if (!reservation)
    return ended.flashSaleId === undefined && NEVER_HELD.has(ended.reason)
      ? {}
      : releaseDecision(ended, neverHeld(ended), []);
  if (reservation.status === 'held') return releaseHeld(state, ended, reservation);
  if (reservation.flashSaleId === null) return {};
  if (reservation.status === 'released')
    return { messages: [StockReleased({ ...about(reservation), allocation: [] })] };
  return releaseDecision(
    ended,
    { ...reservation, status: 'released', reason: null, skus: null, version: reservation.version + 1 },
    [],
  );
}

function releaseHeld(state: StockState, ended: Ended, reservation: HeldReservation): StockDecision {
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
  const pieces = unissued.length > 0 ? returnPieces(state, ended, reservation, unissued) : {};
  const { messages = [], ...decision } = releaseDecision(ended, after, unissued, pieces);
  return { ...decision, messages: [...messages, ...restocks(state, pieces.stock ?? {})] };
}

function returnPieces(
  state: StockState,
  { orderId, flashSaleId }: Ended,
  reservation: HeldReservation,
  unissued: Allocation,
): StockChanges {
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
  pieces: StockChanges = {},
): StockDecision {
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
