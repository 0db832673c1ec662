import {
  parcelIdOf,
  type Allocation,
  type Data,
  type Outgoing,
  type ParcelCreated,
  type Warehouse,
} from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { cancel, parcelsHalted, parcelsLeft, refunded } from '../cancellation.js';
import { expire, rejectOverdue, lapsed } from '../deadline.js';
import {
  couponRedeemed,
  couponRejected,
  parcelMoved,
  payableOpened,
  paymentCaptured,
  stockRejected,
  stockReserved,
} from '../order.js';
import type { Change } from '../order-steps.js';
import { place, type Delivered, type Request } from '../placing.js';
import type { Prices } from '../pricing.js';
import type { Order } from '../tables.js';

export const NOW = new Date('2026-11-21T10:00:00.000Z');
export const WINDOW_SECONDS = 1_800;
export const DEADLINE_SECONDS = 7_200;
export const COUPON = 'RED5';
export const ORDER = '7d4d3b1c-0a52-8c5b-9d8e-4b1f0e6c7a01';
export const USER = '01930000-0000-7000-8000-000000000001';
export const PAYMENT = '01930000-0000-7000-8000-000000000002';
export const PARCELS: Record<Warehouse, string> = {
  east: parcelIdOf(ORDER, 'east'),
  west: parcelIdOf(ORDER, 'west'),
};

export const PRICES: Prices = {
  TEE: { sku: 'TEE', name: 'T-shirt', amount: 1_500, currency: 'EUR', version: 1 },
  MUG: { sku: 'MUG', name: 'Mug', amount: 800, currency: 'EUR', version: 1 },
  CAP: { sku: 'CAP', name: 'Cap', amount: 900, currency: 'USD', version: 1 },
  YACHT: { sku: 'YACHT', name: 'Yacht', amount: 90_000_000_00, currency: 'EUR', version: 1 },
};

/** The products of `request`, shown at a price of 0. */
export const AT_NO_PRICE = ['TEE', 'MUG'].map((sku) => ({
  sku,
  name: sku,
  price: { amount: 0, currency: 'EUR' },
  version: 2,
}));

export const request = (change: Partial<Request> = {}): Request => ({
  orderId: ORDER,
  userId: USER,
  bodyHash: 'hash of the body',
  lines: [
    { sku: 'TEE', quantity: 2 },
    { sku: 'MUG', quantity: 1 },
  ],
  address: { name: 'Ada Byron', street: '12 Analytical Row', city: 'London', postcode: 'N1 7AA', country: 'GB' },
  ...change,
});

/** Inventory was queried for unknown products; `NOT_LOOKED_UP`: not yet. */
export const ATTENDED: Delivered = { unattended: false, redelivered: false, lookedUp: true };
export const NOT_LOOKED_UP: Delivered = { ...ATTENDED, lookedUp: false };
export const UNATTENDED: Delivered = { unattended: true, redelivered: false, lookedUp: true };

export const BOTH_WAREHOUSES: Allocation = [
  { sku: 'TEE', warehouse: 'east', quantity: 1 },
  { sku: 'TEE', warehouse: 'west', quantity: 1 },
  { sku: 'MUG', warehouse: 'west', quantity: 1 },
];

export const placedOrder = (change: Partial<Request> = {}): Order =>
  place(undefined, request(change), PRICES, ATTENDED, NOW).order as Order;

export const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1_000);

const about = { orderId: ORDER, userId: USER, version: 1 };
const parcelFact = (warehouse: Warehouse): Data<typeof ParcelCreated> => ({
  ...about,
  parcelId: PARCELS[warehouse],
  warehouse,
  lines: [],
});

export type Fact = (order: Order, now: Date) => Change;

/** The facts of the other services about an order that succeeds. */
export const facts = {
  stockReserved: (order, now) => stockReserved(order, { ...about, allocation: BOTH_WAREHOUSES }, WINDOW_SECONDS, now),
  couponRedeemed: (order, now) =>
    couponRedeemed(order, { ...about, code: COUPON, discount: { amount: 500, currency: 'EUR' } }, now),
  payableOpened: (order, now) => payableOpened(order, {}, WINDOW_SECONDS, now),
  paymentCaptured: (order, now) =>
    paymentCaptured(order, { ...about, paymentId: PAYMENT, amount: { amount: 3_800, currency: 'EUR' } }, now),
  eastCreated: (order, now) => parcelMoved(order, 'preparing', parcelFact('east'), now),
  eastDispatched: (order, now) => parcelMoved(order, 'dispatched', parcelFact('east'), now),
  eastDelivered: (order, now) => parcelMoved(order, 'delivered', parcelFact('east'), now),
  westCreated: (order, now) => parcelMoved(order, 'preparing', parcelFact('west'), now),
  westDispatched: (order, now) => parcelMoved(order, 'dispatched', parcelFact('west'), now),
  westDelivered: (order, now) => parcelMoved(order, 'delivered', parcelFact('west'), now),
} satisfies Record<string, Fact>;

const parcel = (warehouse: Warehouse) => ({ id: PARCELS[warehouse], warehouse, lines: [] });

/** Facts and requests that end an order, or would end it. */
export const obstacles = {
  outOfStock: (order, now) => stockRejected(order, { ...about, reason: 'out_of_stock', skus: ['TEE'] }, now),
  couponRejected: (order, now) => couponRejected(order, { ...about, code: COUPON, reason: 'expired' }, now),
  expired: (order) => expire(order, later(2 * WINDOW_SECONDS)),
  lapsed: (order) => lapsed(order, later(2 * WINDOW_SECONDS)),
  givenUp: (order) => rejectOverdue(order, DEADLINE_SECONDS, later(2 * DEADLINE_SECONDS)),
  cancelled: (order, now) => cancelledIfPossible(order, now),
  halted: (order, now) => parcelsHalted(order, { ...about, parcels: [parcel('east'), parcel('west')] }, now),
  left: (order, now) => parcelsLeft(order, now),
} satisfies Record<string, Fact>;

export const refund: Fact = (order, now) =>
  refunded(order, { ...about, paymentId: PAYMENT, amount: { amount: 3_800, currency: 'EUR' } }, now);

/** A customer may cancel at any moment; "too late" changes nothing. */
function cancelledIfPossible(order: Order, now: Date): Change {
  try {
    return cancel(order, about, now) as Change;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return {};
  }
}

export const types = (messages: readonly Outgoing[] = []): string[] => messages.map(({ contract }) => contract.type);

/** The order, history and messages after these facts, applied one after the other. */
export function applying(
  order: Order,
  applied: readonly Fact[],
  now = NOW,
): Required<Pick<Change, 'order' | 'history' | 'messages'>> {
  const start = { order, history: [], messages: [] };
  return applied.reduce<Required<Pick<Change, 'order' | 'history' | 'messages'>>>((so, fact) => {
    const { order: after = so.order, history = [], messages = [] } = fact(so.order, now);
    return { order: after, history: [...so.history, ...history], messages: [...so.messages, ...messages] };
  }, start);
}
