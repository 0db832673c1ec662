import type { Allocation } from '@sluice/contracts';
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

/** The order was cancelled or rejected and holds nothing any more: `allocation` is what had left before, and stays empty for an order that ended before it was placed. */
export interface ReleasedReservation extends Request {
  status: 'released';
  allocation: Allocation;
  parcels: IssuedParcel[];
  reason: null;
  skus: null;
}

export type Reservation = HeldReservation | RejectedReservation | ReleasedReservation;

export interface Receipt {
  /** `<sku>/<reference>`: a delivery note may list several products, and counts once for each. */
  id: string;
  sku: string;
  reference: string;
  warehouse: string;
  quantity: number;
  version: number;
}

const products = { table: 'products', key: 'sku', columns: ['sku', 'name', 'priceAmount', 'priceCurrency', 'version'] } as const;
const stock = { table: 'stock', key: ['sku', 'warehouse'], columns: ['sku', 'warehouse', 'received', 'onHand', 'reserved', 'allotted', 'issued', 'version'] } as const;

/** A price change reads the stock it shows and holds up no order. */
export const catalogueTables = {
  products: collection<Product>(products),
  stock: collection<Stock>({ ...stock, lock: false }),
};
export type CatalogueState = StateOf<typeof catalogueTables>;
export type CatalogueDecision<R = unknown> = DecisionOver<R, typeof catalogueTables>;

/** What moves pieces only looks whether the product exists. */
export const stockTables = {
  products: collection<Product>({ ...products, lock: false }),
  receipts: collection<Receipt>({ table: 'receipts', key: 'id', columns: ['id', 'sku', 'reference', 'warehouse', 'quantity', 'version'] }),
  reservations: collection<Reservation>({
    table: 'reservations',
    key: 'orderId',
    columns: ['orderId', 'userId', 'status', 'allocation', 'parcels', 'reason', 'skus', 'version'],
  }),
  stock: collection<Stock>(stock),
};
export type State = StateOf<typeof stockTables>;
export type Decision<R = unknown> = DecisionOver<R, typeof stockTables>;
