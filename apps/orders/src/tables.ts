import type {
  Address,
  Allocation,
  Order as OrderView,
  OrderLine,
  OrderReason,
  OrderStatus,
  UnpaidLimit,
} from '@sluice/contracts';
import { collection, log } from '@sluice/persistence';

/**
 * An order: what was asked for, what is known about it so far, and the status that follows from it (`order-steps.ts`).
 * Amounts are cents in `currency`. What is not known yet is null.
 */
export interface Order {
  id: string;
  userId: string;
  /** Tells a repeat of the request from another order under the same id. */
  bodyHash: string;
  status: OrderStatus;
  reason: OrderReason | null;
  /** Rejected because the customer had too much unpaid: which bound it was. */
  limitReached: UnpaidLimit | null;
  lines: OrderLine[];
  address: Address;
  currency: string;
  subtotal: number;
  discount: number;
  total: number;
  /** The discount is known and final once it is redeemed. */
  coupon: string | null;
  couponRedeemedAt: Date | null;
  placedAt: Date;
  /** The flash sale whose piece it is. */
  flashSaleId: string | null;
  /** The order's own payment window; null: the usual one. */
  payWithinSeconds: number | null;
  /** Which warehouse gives what; stock is held. */
  allocation: Allocation | null;
  /** The end of the payment window; the order can be paid. */
  payBy: Date | null;
  /** When payments was last requested to close the payable, because the window is over. */
  closeRequestedAt: Date | null;
  /** The money was captured. Null of an order that is paid because there was nothing to pay. */
  paymentId: string | null;
  paidAt: Date | null;
  /** The order was cancelled, and its money is on its way back. */
  refundedAt: Date | null;
  /** The customer wants a paid order cancelled, and logistics was last asked to halt its parcels. */
  cancellationRequestedAt: Date | null;
  /** It was too late to cancel, since a parcel had left. */
  cancellationRefusedAt: Date | null;
  parcels: OrderView['parcels'];
  /** Counts the entries of the history; facts about the order carry it. */
  version: number;
}

/**
 * The customer has cancelled an order that is still on its way here: both requests were accepted while nobody could answer
 * them, and overtook each other. It is no order, and stands for none; it waits for the one of its user.
 */
export interface EarlyCancellation {
  id: string;
  userId: string;
  status: 'cancelled';
  reason: 'customer';
  placedAt: null;
  /** When it was stored; it is forgotten some time after that (`records.prune.ts`). */
  recordedAt: Date;
  version: 1;
}

/**
 * A request to place an order that was refused, with the answer to it. Whether that answer arrived only the gateway knows: a
 * customer who got 202 instead looks for the order, and whoever looks for it makes it a rejected order (`refusal.ts`).
 * Until then it is no order: no listing shows it, nobody is notified, and the same request is decided again.
 */
export interface RefusedOrder extends Omit<Order, 'placedAt'> {
  status: 'rejected';
  reason: 'unknown_product' | 'not_orderable';
  placedAt: null;
  recordedAt: Date;
  /** What the caller was told. */
  refusal: { detail: string; skus: string[]; limit?: UnpaidLimit };
  version: 1;
}

/** What may be stored under the id of an order. */
export type Row = Order | EarlyCancellation | RefusedOrder;

export const isOrder = (row: Row | undefined): row is Order => row !== undefined && row.placedAt !== null;
export const isRefused = (row: Row | undefined): row is RefusedOrder =>
  row?.placedAt === null && row.status === 'rejected';
export const isEarlyCancellation = (row: Row | undefined): row is EarlyCancellation =>
  row?.placedAt === null && row.status === 'cancelled';

/** One line of an order's public timeline, and what the order was after it; `version` is its place there. */
export interface HistoryEntry {
  orderId: string;
  version: number;
  at: Date;
  type: string;
  detail: Record<string, unknown>;
  status: OrderStatus;
}

/** A product as inventory last told it; `version` is inventory's. The price is in cents. */
export interface ProductCopy {
  sku: string;
  name: string;
  amount: number;
  currency: string;
  version: number;
}

/** Who places orders; see `unpaid-limit.ts`. */
export interface Customer {
  userId: string;
  /** When it was heard that the phone is verified. */
  verifiedAt: Date | null;
  /** Pieces by order id, of the orders that the transaction of `placedAt` has placed. */
  placed: Record<string, number> | null;
  placedAt: Date | null;
  version: number;
}

/** What a customer has unpaid, as it is committed: pieces by order id. Orders of sales do not count. */
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
  /** Locked before what is unpaid is read, since units of work go table by table in the order of their names. */
  customers,
  unpaid: collection<UnpaidOrders>({
    table: 'unpaid_orders',
    key: 'userId',
    columns: ['userId', 'orders'],
    lock: false,
  }),
  orders: collection<Row>({
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
  /** Placing an order reads prices as they are: a price that changes meanwhile is no reason to wait. */
  prices: collection<ProductCopy>({ ...product, lock: false }),
  history: log<HistoryEntry>({
    table: 'order_history',
    columns: ['orderId', 'version', 'at', 'type', 'detail', 'status'],
  }),
};

export const productTables = { products: collection<ProductCopy>(product) };
