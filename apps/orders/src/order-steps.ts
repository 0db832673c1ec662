import {
  OrderAwaitingPayment,
  OrderCompleted,
  OrderPaid,
  OrderPriced,
  OrderShipped,
  ParcelCreated,
  parcelIdOf,
  type Allocation,
  type Money,
  type Order as OrderView,
  type OrderStatus,
  type Outgoing,
  type ParcelStatus,
  type Problem,
} from '@sluice/contracts';
import { orderOf } from './order-row.js';
import type { CancelledOrder, HistoryEntry, Order, OrderRow, RejectedOrder, Row } from './tables.js';

/** Decision of a rule about an order; empty when nothing changes. */
export interface Change<R = never, O extends Row = Order> {
  order?: O;
  history?: HistoryEntry[];
  messages?: Outgoing[];
  reply?: R;
  /** The request is refused; the changes beside it are stored all the same. */
  problem?: Problem;
}

/** First fields of every fact about an order. */
export interface About {
  orderId: string;
  userId: string;
  version: number;
  flashSaleId?: string;
}

/** An entry of the timeline; `message` publishes it if the fact is the order's own. */
export interface TimelineEntry {
  type: string;
  detail: Record<string, unknown>;
  /** New status of the order; without it the status stays. */
  status?: OrderStatus;
  message?: (about: About) => Outgoing;
}

/** The stock is held and the discount is final. */
type Priced = OrderRow & { allocation: Allocation };
type Payable = Priced & { payBy: Date };

interface StepTo<O extends OrderRow> {
  /** The status of an order that has taken this step and not the next. */
  status: OrderStatus;
  /**
   * Whether the collected facts allow this step, once all steps before are taken. Facts are only added, so no step is
   * undone.
   */
  reached: (order: OrderRow) => order is O;
  entry: (order: O) => Omit<TimelineEntry, 'status'>;
}

interface Step extends Omit<StepTo<OrderRow>, 'reached'> {
  reached: (order: OrderRow) => boolean;
}

/** The entry of a step reads the facts that the step requires. */
const step = <O extends OrderRow>({ status, reached, entry }: StepTo<O>): Step => ({
  status,
  reached,
  entry: (order) => {
    if (!reached(order)) throw new Error(`order ${order.id} lacks the facts of the step ${status}`);
    return entry(order);
  },
});

export const pricedFact = ({ payWithinSeconds }: OrderRow, total: Money, about: About): Outgoing =>
  OrderPriced({ total, ...about, ...(payWithinSeconds !== null && { payWithinSeconds }) });

export const isPriced = (order: OrderRow): order is Priced =>
  order.allocation !== null && (order.coupon === null || order.couponRedeemedAt !== null);

/**
 * Steps of an order, derived from the collected facts and not from their order of arrival: facts overtake each other
 * and are delivered twice. A capture proves that the order could be paid, a delivery that the parcel has left.
 */
const STEPS: readonly Step[] = [
  step({
    status: 'pending',
    reached: isPriced,
    entry: (order) => {
      const total = totalOf(order);
      const message = (about: About): Outgoing => pricedFact(order, total, about);
      return { type: OrderPriced.type, detail: { total }, ...(!order.pricedAtOnce && { message }) };
    },
  }),
  step({
    status: 'awaiting_payment',
    reached: (order): order is Payable => isPriced(order) && order.payBy !== null,
    entry: (order) => {
      const facts = { total: totalOf(order), payBy: order.payBy.toISOString() };
      return {
        type: OrderAwaitingPayment.type,
        detail: facts,
        message: (about) => OrderAwaitingPayment({ ...about, ...facts }),
      };
    },
  }),
  step({
    status: 'paid',
    reached: (order): order is Priced => isPriced(order) && order.paidAt !== null,
    entry: (order) => {
      const { lines, address, allocation } = order;
      const total = totalOf(order);
      return {
        type: OrderPaid.type,
        detail: { total },
        message: (about) => OrderPaid({ lines, allocation, total, address, ...about }),
      };
    },
  }),
  step({
    status: 'shipped',
    reached: (order): order is Priced => isPriced(order) && everyParcelIs(order, 'dispatched'),
    entry: () => ({ type: OrderShipped.type, detail: {}, message: (about) => OrderShipped(about) }),
  }),
  step({
    status: 'completed',
    reached: (order): order is Priced => isPriced(order) && everyParcelIs(order, 'delivered'),
    entry: (order) => ({
      type: OrderCompleted.type,
      detail: {},
      message: (about) => OrderCompleted({ total: totalOf(order), ...about }),
    }),
  }),
];

/** Statuses of a parcel that is not halted. */
export type ParcelProgress = Exclude<ParcelStatus, 'halted'>;
const PARCEL_PROGRESS: readonly (ParcelStatus | undefined)[] = [
  'preparing',
  'dispatched',
  'delivered',
] satisfies ParcelProgress[];

/**
 * Index of a parcel's status on its way; -1 without a record of the parcel, and for a halted one, which goes nowhere.
 */
export const parcelRank = (status: ParcelStatus | undefined): number => PARCEL_PROGRESS.indexOf(status);

/** Whether at least one parcel is recorded as dispatched. */
export const hasLeft = ({ parcels }: Order): boolean =>
  parcels.some(({ status }) => parcelRank(status) >= parcelRank('dispatched'));

/** Whether each warehouse of the allocation has a parcel with at least this status. */
function everyParcelIs({ allocation, parcels }: Priced, status: ParcelProgress): boolean {
  const far = new Set(
    parcels.filter((parcel) => parcelRank(parcel.status) >= parcelRank(status)).map(({ warehouse }) => warehouse),
  );
  return allocation.every(({ warehouse }) => far.has(warehouse));
}

/** The total is final and zero: no payment is requested, and none is awaited. */
export const isFree = (order: OrderRow): boolean => order.total === 0 && isPriced(order);

/** Steps of a free order: it is paid as soon as it is priced. */
const FREE_STEPS = STEPS.filter(({ status }) => status !== 'awaiting_payment');

/** The steps that the collected facts allow: all before the first that they do not. */
function stepsOf(order: OrderRow): readonly Step[] {
  const steps = isFree(order) ? FREE_STEPS : STEPS;
  const blocked = steps.findIndex((step) => !step.reached(order));
  return blocked === -1 ? steps : steps.slice(0, blocked);
}

export type OrderFacts = Pick<
  OrderRow,
  'allocation' | 'couponRedeemedAt' | 'discount' | 'total' | 'payBy' | 'paymentId' | 'paidAt' | 'parcels'
>;

/** The order was rejected or cancelled, which is final. */
export const hasEnded = (order: OrderRow): order is RejectedOrder | CancelledOrder =>
  order.status === 'rejected' || order.status === 'cancelled';

/** Adds facts to an order and takes every step that they allow. A rejected or cancelled order stays unchanged. */
export function applyFacts(order: Order, facts: Partial<OrderFacts>, now: Date, entries: TimelineEntry[] = []): Change {
  if (hasEnded(order)) return {};
  const after = paidIfFree({ ...order, ...facts }, now);
  const taken = stepsOf(after).slice(stepsOf(order).length);
  const steps = taken.map((step) => ({ status: step.status, ...step.entry(after) }));
  const created = steps.some(({ status }) => status === 'paid') ? newParcels(after) : [];
  return record(
    { ...after, parcels: byWarehouse([...after.parcels, ...created]) },
    [...entries, ...steps, ...created.map(creation)],
    now,
  );
}

/**
 * Parcels of a paid order: logistics makes one per warehouse of the allocation, unless it halts them first. Their ids
 * are known, so orders need not wait for `parcel.created`.
 */
function newParcels({ id, allocation, parcels }: OrderRow): OrderView['parcels'] {
  const picks = allocation ?? [];
  const recorded = new Set(parcels.map(({ warehouse }) => warehouse));
  const missing = [...new Set(picks.map(({ warehouse }) => warehouse))].filter((warehouse) => !recorded.has(warehouse));
  return byWarehouse(
    missing.map((warehouse) => ({
      id: parcelIdOf(id, warehouse),
      warehouse,
      status: 'preparing',
      lines: picks.filter((pick) => pick.warehouse === warehouse).map(({ sku, quantity }) => ({ sku, quantity })),
    })),
  );
}

const creation = ({ id: parcelId, warehouse }: OrderView['parcels'][number]): TimelineEntry => ({
  type: ParcelCreated.type,
  detail: { parcelId, warehouse },
});

export const byWarehouse = (parcels: OrderView['parcels']): OrderView['parcels'] =>
  parcels.toSorted((a, b) => (a.warehouse < b.warehouse ? -1 : 1));

const paidIfFree = (order: OrderRow, now: Date): OrderRow =>
  isFree(order) && !order.paidAt ? { ...order, paidAt: now } : order;

export type Recorded = Required<Pick<Change, 'order' | 'history' | 'messages'>>;

/**
 * Appends entries to the order's history. Each is one version of the order; the last one gives its status.
 *
 * @param order with its new facts, and the status of before
 * @throws Error when the new status does not allow the facts
 */
export function record(order: OrderRow, entries: TimelineEntry[], now: Date): Recorded {
  const { id: orderId, userId, flashSaleId } = order;
  const about = { orderId, userId, ...(flashSaleId !== null && { flashSaleId }) };
  const statusAfter = (count: number): OrderStatus =>
    entries.slice(0, count).findLast(({ status }) => status)?.status ?? order.status;
  const version = (index: number): number => order.version + index + 1;
  return {
    order: orderOf({ ...order, status: statusAfter(entries.length), version: order.version + entries.length }),
    history: entries.map(({ type, detail }, index) => ({
      orderId,
      version: version(index),
      at: now,
      type,
      detail,
      status: statusAfter(index + 1),
    })),
    messages: entries.flatMap(({ message }, index) =>
      message ? [message({ version: version(index), ...about })] : [],
    ),
  };
}

const totalOf = ({ total, currency }: OrderRow): Money => ({ amount: total, currency });
