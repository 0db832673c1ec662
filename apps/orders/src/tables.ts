import type {
  Address,
  Allocation,
  Order as OrderView,
  OrderLine,
  OrderReason,
  OrderStatus,
  UnpaidLimit,
} from '@sluice/contracts';
import {
  collection,
  log,
  type Decision as DecisionOver,
  type Keys as KeysOf,
  type State as StateOf,
} from '@sluice/persistence';

/**
 * An order as its table stores it, whatever its status: the request, the facts collected so far, and the status that
 * follows from them (`order-steps.ts`). Amounts are cents in `currency`. A fact that has not arrived is null. `Order`
 * has the types that a status guarantees.
 */
export interface OrderRow {
  id: string;
  userId: string;
  /** Distinguishes a repeat of the request from another order under the same id. */
  bodyHash: string;
  status: OrderStatus;
  reason: OrderReason | null;
  /** The limit that the customer exceeded; set if the order was rejected for it. */
  limitReached: UnpaidLimit | null;
  lines: OrderLine[];
  address: Address;
  currency: string;
  subtotal: number;
  discount: number;
  total: number;
  /** The discount is final once the coupon is redeemed. */
  coupon: string | null;
  couponRedeemedAt: Date | null;
  placedAt: Date;
  /** The flash sale that sold the piece. */
  flashSaleId: string | null;
  /** The order's own payment window; null: the usual one. */
  payWithinSeconds: number | null;
  /** `order.placed` said the total, so payments opens the payable without `order.priced`. Null: by an older version. */
  pricedAtOnce: boolean | null;
  /** Pieces per warehouse; set when the stock is held. */
  allocation: Allocation | null;
  /** The end of the payment window; set when payments has opened the payable. */
  payBy: Date | null;
  /** When payments was last requested to close the payable, because the window is over. */
  closeRequestedAt: Date | null;
  /** Set when the money was captured. Null for a paid order that cost nothing. */
  paymentId: string | null;
  paidAt: Date | null;
  /** Set when the money of a cancelled order is on its way back. */
  refundedAt: Date | null;
  /** The customer cancels a paid order; when logistics was last requested to halt its parcels. */
  cancellationRequestedAt: Date | null;
  /** Set when a cancellation was refused because a parcel had left. */
  cancellationRefusedAt: Date | null;
  parcels: OrderView['parcels'];
  /** Counts the entries of the history; facts about the order carry it. */
  version: number;
}

/** An order that continues: it was not rejected or cancelled. */
interface Continuing extends OrderRow {
  reason: null;
  limitReached: null;
  refundedAt: null;
}

/** Not priced, or priced and not payable yet. Facts that overtook others are stored, even a capture or a delivery. */
export interface PendingOrder extends Continuing {
  status: 'pending';
  cancellationRequestedAt: null;
  cancellationRefusedAt: null;
}

export interface AwaitingOrder extends Continuing {
  status: 'awaiting_payment';
  allocation: Allocation;
  payBy: Date;
  paymentId: null;
  paidAt: null;
  cancellationRequestedAt: null;
  cancellationRefusedAt: null;
}

/** An order that cost nothing has no payment, and usually no payment window. */
export interface PaidOrder extends Continuing {
  status: 'paid' | 'shipped' | 'completed';
  allocation: Allocation;
  paidAt: Date;
}

/** Another service may hold something for it, or may have captured its money, all the same. */
export interface RejectedOrder extends OrderRow {
  status: 'rejected';
  reason: OrderReason;
  cancellationRequestedAt: null;
  cancellationRefusedAt: null;
}

/** Cancelled in any status before `shipped`, so any fact may have arrived or not. */
export interface CancelledOrder extends OrderRow {
  status: 'cancelled';
  reason: OrderReason;
  limitReached: null;
}

/** An order, with the types that its status guarantees; made of a row by `orderOf`. */
export type Order = PendingOrder | AwaitingOrder | PaidOrder | RejectedOrder | CancelledOrder;

/**
 * A cancellation that overtook its order: both requests were accepted while the service was down. No order is listed
 * for it; it is kept until the order of the same user arrives.
 */
export interface EarlyCancellation {
  id: string;
  userId: string;
  status: 'cancelled';
  reason: 'customer';
  placedAt: null;
  /** When it was stored; it is deleted some time later (`records.sweep.ts`). */
  recordedAt: Date;
  version: 1;
}

/**
 * A refused request to place an order, with the reply to it. Only the gateway has a record of whether the reply
 * arrived: a customer who got 202 instead looks for the order, and that makes it a rejected order (`refusal.ts`).
 * Until then it is no order: it is not listed, no notification is sent, and the same request is decided again.
 */
export interface RefusedOrder extends Omit<PendingOrder, 'status' | 'reason' | 'placedAt'> {
  status: 'rejected';
  reason: 'unknown_product' | 'not_orderable';
  placedAt: null;
  recordedAt: Date;
  /** The reply to the caller. */
  refusal: { detail: string; skus: string[]; limit?: UnpaidLimit };
  version: 1;
}

/** What may exist under the id of an order. */
export type Row = Order | EarlyCancellation | RefusedOrder;

/** Row types stored under the id of an order; `rowOf` makes a `Row` of them. */
export type StoredRow = OrderRow | EarlyCancellation | RefusedOrder;

export const isOrder = (row: Row | undefined): row is Order => row !== undefined && row.placedAt !== null;
export const isRefused = (row: Row | undefined): row is RefusedOrder =>
  row?.placedAt === null && row.status === 'rejected';
export const isEarlyCancellation = (row: Row | undefined): row is EarlyCancellation =>
  row?.placedAt === null && row.status === 'cancelled';

/** An entry of an order's public timeline, with the order's status after it; `version` is its position. */
export interface HistoryEntry {
  orderId: string;
  version: number;
  at: Date;
  type: string;
  detail: Record<string, unknown>;
  status: OrderStatus;
}

/** A product as in the newest fact of inventory, whose version it has. The price is in cents. */
export interface ProductCopy {
  sku: string;
  name: string;
  amount: number;
  currency: string;
  version: number;
}

/** An account that places orders; see `unpaid-limit.ts`. */
export interface Customer {
  userId: string;
  /** When `account.verified` arrived: the phone is verified. */
  verifiedAt: Date | null;
  /** Pieces by order id, of the orders placed in the transaction of `placedAt`. */
  placed: Record<string, number> | null;
  placedAt: Date | null;
  version: number;
}

/** A customer's committed unpaid orders: pieces by order id. Orders of flash sales are not counted. */
export interface UnpaidOrders {
  userId: string;
  orders: Record<string, number>;
}

const product = {
  table: 'product_copies',
  key: 'sku',
  columns: ['sku', 'name', 'amount', 'currency', 'version'],
} as const;

const customers = collection<Customer>({
  table: 'customers',
  key: 'userId',
  columns: ['userId', 'verifiedAt', 'placed', 'placedAt', 'version'],
});

export const customerTables = { customers };

export const orderTables = {
  /** Locked before the unpaid orders are read: units of work lock table by table in the order of their names. */
  customers,
  unpaid: collection<UnpaidOrders>({
    table: 'unpaid_orders',
    key: 'userId',
    columns: ['userId', 'orders'],
    lock: false,
  }),
  orders: collection<StoredRow>({
    table: 'orders',
    key: 'id',
    columns: [
      'id',
      'userId',
      'bodyHash',
      'status',
      'reason',
      'lines',
      'address',
      'currency',
      'subtotal',
      'discount',
      'total',
      'coupon',
      'couponRedeemedAt',
      'placedAt',
      'flashSaleId',
      'payWithinSeconds',
      'pricedAtOnce',
      'allocation',
      'payBy',
      'closeRequestedAt',
      'paymentId',
      'paidAt',
      'refundedAt',
      'cancellationRequestedAt',
      'cancellationRefusedAt',
      'parcels',
      'recordedAt',
      'refusal',
      'limitReached',
      'version',
    ],
  }),
  /** Read without a lock: placing an order does not wait for a price that changes meanwhile. */
  prices: collection<ProductCopy>({ ...product, lock: false }),
  history: log<HistoryEntry>({
    table: 'order_history',
    columns: ['orderId', 'version', 'at', 'type', 'detail', 'status'],
  }),
};

export const productTables = { products: collection<ProductCopy>(product) };

export type OrderKeys = KeysOf<typeof orderTables>;
export type OrderState = StateOf<typeof orderTables>;
/** Without `R`: there is no reply. */
export type OrderDecision<R = never> = DecisionOver<R, typeof orderTables>;

export type CustomerKeys = KeysOf<typeof customerTables>;
export type CustomerState = StateOf<typeof customerTables>;
export type CustomerDecision<R = never> = DecisionOver<R, typeof customerTables>;

export type ProductKeys = KeysOf<typeof productTables>;
export type ProductState = StateOf<typeof productTables>;
export type ProductDecision<R = never> = DecisionOver<R, typeof productTables>;
