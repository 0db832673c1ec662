import {
  OrderAwaitingPayment,
  OrderCompleted,
  OrderPaid,
  OrderPriced,
  OrderShipped,
  type Money,
  type OrderStatus,
  type Outgoing,
  type ParcelStatus,
  type Problem,
} from '@sluice/contracts';
import type { HistoryEntry, Order, Row } from './tables.js';

/** What a rule has decided about an order; nothing at all when it changes nothing. */
export interface Change<R = never, O extends Row = Order> {
  order?: O;
  history?: HistoryEntry[];
  messages?: Outgoing[];
  reply?: R;
  /** The answer is "no"; what is decided beside it is stored all the same. */
  problem?: Problem;
}

/** What every fact about an order says first. */
export interface About {
  orderId: string;
  userId: string;
  version: number;
  flashSaleId?: string;
}

/** One entry of the timeline, and the fact that tells it to others when it is the order's own. */
export interface TimelineEntry {
  type: string;
  detail: Record<string, unknown>;
  /** What the order is from then on; without it the order stays what it was. */
  status?: OrderStatus;
  message?: (about: About) => Outgoing;
}

interface Step {
  /** The status of an order that has taken this step and not the next. */
  status: OrderStatus;
  /** Whether what is known allows it, once all steps before are taken. What is known only grows, so a step is never undone. */
  reached: (order: Order) => boolean;
  entry: (order: Order) => Omit<TimelineEntry, 'status'>;
}

/**
 * The way of an order, drawn from what is known about it and not from the order in which that arrived: facts overtake each
 * other and come twice. A capture proves that the order could be paid, a delivery that the parcel has left.
 */
const STEPS: readonly Step[] = [
  {
    status: 'pending',
    reached: ({ allocation, coupon, couponRedeemedAt }) =>
      allocation !== null && (coupon === null || couponRedeemedAt !== null),
    entry: (order) => {
      const [total, { payWithinSeconds }] = [totalOf(order), order];
      const message = (about: About): Outgoing =>
        OrderPriced({ ...about, total, ...(payWithinSeconds !== null && { payWithinSeconds }) });
      return { type: OrderPriced.type, detail: { total }, message };
    },
  },
  {
    status: 'awaiting_payment',
    reached: ({ payBy }) => payBy !== null,
    entry: (order) => {
      const facts = { total: totalOf(order), payBy: order.payBy!.toISOString() };
      return {
        type: OrderAwaitingPayment.type,
        detail: facts,
        message: (about) => OrderAwaitingPayment({ ...about, ...facts }),
      };
    },
  },
  {
    status: 'paid',
    reached: ({ paidAt }) => paidAt !== null,
    entry: (order) => {
      const { lines, address, allocation } = order;
      const total = totalOf(order);
      return {
        type: OrderPaid.type,
        detail: { total },
        message: (about) => OrderPaid({ ...about, lines, allocation: allocation!, total, address }),
      };
    },
  },
  {
    status: 'shipped',
    reached: (order) => everyParcelIs(order, 'dispatched'),
    entry: () => ({ type: OrderShipped.type, detail: {}, message: (about) => OrderShipped(about) }),
  },
  {
    status: 'completed',
    reached: (order) => everyParcelIs(order, 'delivered'),
    entry: (order) => ({
      type: OrderCompleted.type,
      detail: {},
      message: (about) => OrderCompleted({ ...about, total: totalOf(order) }),
    }),
  },
];

/** The way of a parcel that is not halted. */
export type ParcelProgress = Exclude<ParcelStatus, 'halted'>;
const PARCEL_PROGRESS: readonly (ParcelStatus | undefined)[] = [
  'preparing',
  'dispatched',
  'delivered',
] satisfies ParcelProgress[];

/** How far a parcel is on its way; -1 when nothing is known of it, and when it is halted, for then it goes nowhere. */
export const parcelRank = (status: ParcelStatus | undefined): number => PARCEL_PROGRESS.indexOf(status);

/** At least one parcel is known to have left. */
export const hasLeft = ({ parcels }: Order): boolean =>
  parcels.some(({ status }) => parcelRank(status) >= parcelRank('dispatched'));

/** Every warehouse that gives something has sent its parcel at least this far. */
function everyParcelIs({ allocation, parcels }: Order, status: ParcelProgress): boolean {
  const far = new Set(
    parcels.filter((parcel) => parcelRank(parcel.status) >= parcelRank(status)).map(({ warehouse }) => warehouse),
  );
  return allocation!.every(({ warehouse }) => far.has(warehouse));
}

/** Its total is final and there is nothing to pay: no money is asked for, and none is waited for. */
export const isFree = (order: Order): boolean => order.total === 0 && STEPS[0]!.reached(order);

/** The way of an order that is free: it is paid as soon as it is priced. */
const FREE_STEPS = STEPS.filter(({ status }) => status !== 'awaiting_payment');

/** The steps that what is known allows: all up to the first that it does not. */
function stepsOf(order: Order): readonly Step[] {
  const steps = isFree(order) ? FREE_STEPS : STEPS;
  const blocked = steps.findIndex((step) => !step.reached(order));
  return blocked === -1 ? steps : steps.slice(0, blocked);
}

export type OrderFacts = Pick<
  Order,
  'allocation' | 'couponRedeemedAt' | 'discount' | 'total' | 'payBy' | 'paymentId' | 'paidAt' | 'parcels'
>;

/** It was rejected or cancelled, and stays so. */
export const hasEnded = ({ status }: Order): boolean => status === 'rejected' || status === 'cancelled';

/** Adds to what is known of an order, and takes every step that this allows. An order that has ended badly stays as it is. */
export function applyFacts(order: Order, facts: Partial<OrderFacts>, now: Date, entries: TimelineEntry[] = []): Change {
  if (hasEnded(order)) return {};
  const after = paidIfFree({ ...order, ...facts }, now);
  const taken = stepsOf(after).slice(stepsOf(order).length);
  return record(after, [...entries, ...taken.map((step) => ({ ...step.entry(after), status: step.status }))], now);
}

const paidIfFree = (order: Order, now: Date): Order =>
  isFree(order) && !order.paidAt ? { ...order, paidAt: now } : order;

/** Appends to the order's history; each entry is one version of the order, and the last one says what the order is now. */
export function record(order: Order, entries: TimelineEntry[], now: Date): Change {
  const { id: orderId, userId, flashSaleId } = order;
  const about = { orderId, userId, ...(flashSaleId !== null && { flashSaleId }) };
  const statusAfter = (count: number): OrderStatus =>
    entries.slice(0, count).findLast(({ status }) => status)?.status ?? order.status;
  const version = (index: number): number => order.version + index + 1;
  return {
    order: { ...order, status: statusAfter(entries.length), version: order.version + entries.length },
    history: entries.map(({ type, detail }, index) => ({
      orderId,
      version: version(index),
      at: now,
      type,
      detail,
      status: statusAfter(index + 1),
    })),
    messages: entries.flatMap(({ message }, index) =>
      message ? [message({ ...about, version: version(index) })] : [],
    ),
  };
}

const totalOf = ({ total, currency }: Order): Money => ({ amount: total, currency });
