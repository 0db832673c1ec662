import { type Allocation, type OrderReason, type Outgoing, type Warehouse, WAREHOUSES } from '@sluice/contracts';
import { emptyShelf, received, shelf } from '../stock.js';
import type { StockDecision, StockState } from '../tables.js';

export const orderId = '0190a6b0-0000-8000-8000-000000000001';
export const userId = '0190a6b0-0000-7000-8000-000000000002';
export const parcelId = '0190a6b0-0000-7000-8000-000000000003';
export const saleId = '0190a6b0-0000-7000-8000-000000000004';

/** Pieces on hand, by SKU and warehouse. */
export type Pieces = Record<string, Record<Warehouse, number>>;

export const stocked = (pieces: Pieces): StockState => ({
  allotments: {},
  receipts: {},
  reservations: {},
  products: Object.fromEntries(
    Object.keys(pieces).map((sku) => [sku, { sku, name: sku, priceAmount: 100, priceCurrency: 'USD', version: 1 }]),
  ),
  stock: Object.fromEntries(
    Object.entries(pieces).flatMap(([sku, of]) =>
      WAREHOUSES.map((warehouse) => [shelf(sku, warehouse), received(emptyShelf(sku, warehouse), of[warehouse])]),
    ),
  ),
});

export const after = (state: StockState, { state: changes = {} }: StockDecision): StockState => ({
  ...state,
  allotments: { ...state.allotments, ...changes.allotments },
  reservations: { ...state.reservations, ...changes.reservations },
  stock: { ...state.stock, ...changes.stock },
});

/** The state after these decisions, one after the other. */
export const following = (state: StockState, ...rules: ((state: StockState) => StockDecision)[]): StockState =>
  rules.reduce((now, rule) => after(now, rule(now)), state);

const price = { amount: 100, currency: 'USD' };
type OrderedLine = { sku: string; quantity: number };

export const order = (lines: OrderedLine[], id = orderId) => ({
  orderId: id,
  userId,
  version: 1,
  subtotal: price,
  lines: lines.map((line) => ({ ...line, name: line.sku, unitPrice: price })),
});
/** An order of a sale. */
export const saleOrder = (sku: string, quantity: number, id = orderId, flashSaleId = saleId) => ({
  ...order([{ sku, quantity }], id),
  flashSaleId,
});

export const parcel = (warehouse: Warehouse, lines: OrderedLine[], id = parcelId) => ({
  parcelId: id,
  orderId,
  userId,
  warehouse,
  lines,
  version: 2,
});

export const ended = (reason: OrderReason, id = orderId) => ({
  orderId: id,
  userId,
  version: 3,
  lines: [],
  allocation: [],
  reason,
});
export const cancelled = (id = orderId) => ended('customer', id);
export const couponRejected = (id = orderId) => ended('coupon_rejected', id);

export const sentBy = ({ messages = [] }: Pick<StockDecision, 'messages'>) =>
  messages.map(({ contract, data }: Outgoing) => ({ type: contract.type, ...(data as object) }));

export const quantityOf = (allocation: Allocation): number =>
  allocation.reduce((total, { quantity }) => total + quantity, 0);
