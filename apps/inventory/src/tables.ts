import type { Allocation, Warehouse } from '@sluice/contracts';
import { collection, type Decision as DecisionOver, type State as StateOf } from '@sluice/persistence';

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
  /** All that ever came in. */
  received: number;
  /** Free to be ordered. */
  onHand: number;
  /** Held for orders. */
  reserved: number;
  /** Set aside for sales. */
  allotted: number;
  /** Gone with a parcel. */
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

/** Pieces that have left, by the parcel they left in. */
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

/** No line of the order is held; `skus` are those to blame. */
export interface RejectedReservation extends Request {
  status: 'rejected';
  allocation: [];
  parcels: [];
  reason: 'out_of_stock' | 'unknown_product';
  skus: string[];
}

/**
 * The order was cancelled or rejected and holds nothing any more: `allocation` is what had left before, and stays empty for an
 * order that ended before it was placed. A sale's order comes here also when it was refused its stock: its sale has been told.
 */
export interface ReleasedReservation extends Request {
  status: 'released';
  allocation: Allocation;
  parcels: IssuedParcel[];
  reason: null;
  skus: null;
}

export type Reservation = HeldReservation | RejectedReservation | ReleasedReservation;

interface AskedFor {
  saleId: string;
  sku: string;
  /** Pieces asked for: all are set aside, or none. */
  quantity: number;
  version: number;
}

/** Pieces set aside for a sale. Always: quantity = the sum of `remaining` + taken + returned, none negative. */
export interface GrantedAllotment extends AskedFor {
  status: 'allotted';
  /** What the sale's orders can still have, by warehouse. */
  remaining: Readonly<Partial<Record<Warehouse, number>>>;
  /** Held for the sale's orders, or gone with their parcels. */
  taken: number;
  /** Back on hand. */
  returned: number;
  available: null;
}

/** There were too few. It stays so: the sale was told. */
export interface RefusedAllotment extends AskedFor {
  status: 'refused';
  remaining: Readonly<Record<string, never>>;
  taken: 0;
  returned: 0;
  /** How many there were. */
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

/** A price change reads the stock it shows and holds up no order. */
export const catalogueTables = {
  products: collection<Product>(products),
  stock: collection<Stock>({ ...stock, lock: false }),
};
export type CatalogueState = StateOf<typeof catalogueTables>;
export type CatalogueDecision<R = unknown> = DecisionOver<R, typeof catalogueTables>;

/** What moves pieces only looks whether the product exists. */
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
  stock: collection<Stock>(stock),
};
export type State = StateOf<typeof stockTables>;
export type Decision<R = unknown> = DecisionOver<R, typeof stockTables>;
/** The rows that a rule changes. */
export type Changes = NonNullable<Decision['state']>;
