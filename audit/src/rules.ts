import type { Order } from '@sluice/contracts';
import type { Merged } from './merge.js';

/** What each service records of an order, by the name of its rows (`ORDER_ROWS`, apps/<service>/src/invariants.ts). */
export interface OrderRows {
  order: {
    id: string;
    status: Order['status'];
    total: number | null;
    hasCoupon: boolean;
    saleId: string | null;
    warehouses: number;
  };
  /** Facts to be announced. */
  facts: { id: string; sms: number; inbox: number };
  /** Captured less refunded. Cents. */
  money: { id: string; net: number };
  reservation: { id: string; holds: boolean };
  /** `gone`: dispatched, the delivered ones included. */
  parcels: { id: string; made: number; halted: number; gone: number; delivered: number };
  redemption: { id: string; redeemed: boolean };
  earning: { id: string; points: number };
  win: { id: string; saleId: string; state: 'held' | 'paid' | 'expired' };
  /** Announcements that were made, or wait for a phone number. */
  announced: { id: string; sms: number; inbox: number };
}
type Rows = Merged<OrderRows>;
type Parcels = Omit<OrderRows['parcels'], 'id'>;

/**
 * Whether one order is consistent across the services, when nothing is in transit between them. @param quiet no message
 * is in flight at all
 */
export type Rule = (rows: Rows, quiet?: boolean) => boolean;

const SOLD: ReadonlySet<unknown> = new Set<Order['status']>(['paid', 'shipped', 'completed']);
const RESERVED: ReadonlySet<unknown> = new Set<Order['status']>(['awaiting_payment', 'paid']);
const UNDECIDED_OR_ENDED: ReadonlySet<unknown> = new Set<Order['status']>(['pending', 'rejected', 'cancelled']);
const CENTS_PER_POINT = 100;

const isSold = ({ order }: Pick<Rows, 'order'>): boolean => SOLD.has(order?.status);
/** It has its stock and its coupon, and has not ended badly. The replies to a pending order are not known yet. */
const isAlive = ({ order }: Rows): boolean => order !== undefined && !UNDECIDED_OR_ENDED.has(order.status);
const isPending = ({ order }: Rows): boolean => order?.status === 'pending';

/** By invariant and name. */
export const RULES = {
  stock: {
    reserved_for_orders: (rows) =>
      isPending(rows) || (rows.reservation?.holds ?? false) === RESERVED.has(rows.order?.status),
  },
  money: {
    kept_for_sold_orders: (rows) => (rows.money?.net ?? 0) === (isSold(rows) ? rows.order?.total : 0),
    coupons_redeemed_for_orders: (rows) =>
      isPending(rows) || (rows.redemption?.redeemed ?? false) === (isAlive(rows) && rows.order?.hasCoupon),
    points_for_completed_orders: ({ order, earning }) =>
      (earning?.points ?? 0) === (order?.status === 'completed' ? Math.floor((order.total ?? 0) / CENTS_PER_POINT) : 0),
  },
  orders: {
    exist: ({ order }) => order !== undefined,
    /** Replies to a pending order arrive at once; without a message in flight none will, and it waits for its deadline. */
    pending_for_a_reply: (rows, quiet = false) => !isPending(rows) || !quiet,
    have_their_parcels: ({ order, parcels = NO_PARCELS }) => hasItsParcels(parcels, order),
  },
  sales: {
    wins_are_orders: ({ order, win }) => win === undefined || win.saleId === order?.saleId,
    orders_are_wins: (rows) => isPending(rows) || (rows.win?.state ?? 'expired') === expectedWin(rows),
  },
  notifications: {
    one_per_fact_and_channel: ({ facts = NOTHING, announced = NOTHING }) =>
      facts.sms === announced.sms && facts.inbox === announced.inbox,
  },
} satisfies Record<string, Record<string, Rule>>;

const NOTHING = { sms: 0, inbox: 0 };
const NO_PARCELS: Parcels = { made: 0, halted: 0, gone: 0, delivered: 0 };

function hasItsParcels({ made, halted, gone, delivered }: Parcels, order: Rows['order']): boolean {
  if (!isSold({ order })) return made === halted;
  if (made !== order?.warehouses) return false;
  if (order.status === 'paid') return halted === 0 && gone < made;
  return order.status === 'completed' ? delivered === made : gone === made && delivered < made;
}

/** Of an order of a sale. One that has ended has returned its piece, and counts as one that never had any. */
function expectedWin(rows: Rows): OrderRows['win']['state'] {
  if (!rows.order?.saleId || !isAlive(rows)) return 'expired';
  return isSold(rows) ? 'paid' : 'held';
}
