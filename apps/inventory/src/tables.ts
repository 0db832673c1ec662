import type { Allocation, Warehouse } from '@sluice/contracts';
import { collection, type Decision, type Keys, type State } from '@sluice/persistence';

export interface Product {
  sku: string;
  name: string;
  /** Cents. */
  priceAmount: number;
  priceCurrency: string;
  version: number;
}

/** Pieces of one product in one warehouse. Always: received = onHand + reserved + allotted + issued, none negative. */
export interface Stock {
  sku: string;
  warehouse: string;
  /** All pieces ever received. */
  received: number;
  /** Free to be ordered. */
  onHand: number;
  /** Held for orders. */
  reserved: number;
  /** Allotted to sales. */
  allotted: number;
  /** Sent in a parcel. */
  issued: number;
  version: number;
}

interface Request {
  orderId: string;
  userId: string;
  /** The sale whose pieces it takes; null: none, as most. */
  flashSaleId: string | null;
  version: number;
}

/** Pieces that have left, by their parcel. */
export interface IssuedParcel {
  parcelId: string;
  allocation: Allocation;
}

/** Every line of the order is held for it. */
export interface HeldReservation extends Request {
  status: 'held';
  allocation: Allocation;
  parcels: IssuedParcel[];
  reason: null;
  skus: null;
}

/** No line of the order is held; `skus` lists the short or unknown ones. */
export interface RejectedReservation extends Request {
  status: 'rejected';
  allocation: [];
  parcels: [];
  reason: 'out_of_stock' | 'unknown_product';
  skus: string[];
}

/**
 * The order was cancelled or rejected and holds nothing any more: `allocation` contains the pieces that had left
 * before, none for an order that ended before it was placed. A sale's order that was refused its stock is released as
 * well, once its sale was notified.
 */
export interface ReleasedReservation extends Request {
  status: 'released';
  allocation: Allocation;
  parcels: IssuedParcel[];
  reason: null;
  skus: null;
}

export type Reservation = HeldReservation | RejectedReservation | ReleasedReservation;

interface AllotmentRequest {
  saleId: string;
  sku: string;
  /** Requested pieces: all are allotted, or none. */
  quantity: number;
  version: number;
}

/** Pieces allotted to a sale. Always: quantity = the sum of `remaining` + taken + returned, none negative. */
export interface GrantedAllotment extends AllotmentRequest {
  status: 'allotted';
  /** Pieces free for the sale's orders, by warehouse. */
  remaining: Readonly<Partial<Record<Warehouse, number>>>;
  /** Held for the sale's orders, or sent in their parcels. */
  taken: number;
  /** Back on hand. */
  returned: number;
  available: null;
}

/** A refusal for lack of pieces, which is final, because the sale was notified. */
export interface RefusedAllotment extends AllotmentRequest {
  status: 'refused';
  remaining: Readonly<Record<string, never>>;
  taken: 0;
  returned: 0;
  /** Pieces that were available. */
  available: number;
}

export type Allotment = GrantedAllotment | RefusedAllotment;

export interface Receipt {
  /** `<sku>/<reference>`: a delivery note may list several products, and counts once for each. */
  id: string;
  sku: string;
  reference: string;
  warehouse: string;
  quantity: number;
  version: number;
}

const products = {
  table: 'products',
  key: 'sku',
  columns: ['sku', 'name', 'priceAmount', 'priceCurrency', 'version'],
} as const;
const stock = {
  table: 'stock',
  key: ['sku', 'warehouse'],
  columns: ['sku', 'warehouse', 'received', 'onHand', 'reserved', 'allotted', 'issued', 'version'],
} as const;

/** Changing a price reads the stock without a lock, and so delays no order. */
export const productTables = {
  products: collection<Product>(products),
  stock: collection<Stock>({ ...stock, lock: false }),
};
export type ProductKeys = Keys<typeof productTables>;
export type ProductState = State<typeof productTables>;
/** Without `R`: there is no reply. */
export type ProductDecision<R = never> = Decision<R, typeof productTables>;

/** Rules that move pieces only check whether the product exists. */
export const stockTables = {
  allotments: collection<Allotment>({
    table: 'allotments',
    key: 'saleId',
    columns: ['saleId', 'sku', 'status', 'quantity', 'remaining', 'taken', 'returned', 'available', 'version'],
  }),
  products: collection<Product>({ ...products, lock: false }),
  receipts: collection<Receipt>({
    table: 'receipts',
    key: 'id',
    columns: ['id', 'sku', 'reference', 'warehouse', 'quantity', 'version'],
  }),
  reservations: collection<Reservation>({
    table: 'reservations',
    key: 'orderId',
    columns: ['orderId', 'userId', 'flashSaleId', 'status', 'allocation', 'parcels', 'reason', 'skus', 'version'],
  }),
  /** A reservation beside the first receipt of a shelf comes before it. */
  stock: collection<Stock>({ ...stock, lockAbsent: false }),
};
export type StockKeys = Keys<typeof stockTables>;
export type StockState = State<typeof stockTables>;
export type StockDecision<R = never> = Decision<R, typeof stockTables>;
/** The rows that a rule changes. */
export type StockChanges = NonNullable<StockDecision['state']>;
