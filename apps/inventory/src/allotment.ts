import {
  AllotmentReturned,
  type Allocation,
  type AllotStock,
  type Data,
  type Outgoing,
  type ReturnAllotment,
  StockAllotmentRefused,
  StockAllotted,
} from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import { allocate, type OnHand } from './allocation.js';
import { allotted, available, drawn, moved, onHand, restocks, shelvesOf, unallotted, undrawn } from './stock.js';
import type {
  Allotment,
  GrantedAllotment,
  RefusedAllotment,
  StockChanges,
  StockDecision,
  StockKeys,
  StockState,
} from './tables.js';

export const allotKeys = ({ saleId, sku }: Data<typeof AllotStock>): StockKeys => ({
  allotments: [saleId],
  products: [sku],
  stock: shelvesOf(sku),
});

/** Allots pieces to a sale in the product's currency, all or none and once. A repeated request gets the same reply. */
export function allot(state: StockState, { saleId, sku, quantity, currency }: Data<typeof AllotStock>): StockDecision {
  const existing = state.allotments[saleId];
  if (existing) return { messages: [answer(existing)] };
  const request = { saleId, sku, quantity, version: 1 };
  const priced = state.products[sku]?.priceCurrency;
  const isForeign = currency !== undefined && priced !== undefined && currency !== priced;
  const picks = isForeign ? undefined : allocate([{ sku, quantity }], onHand(state.stock));
  const allotment = picks ? granted(request, picks) : refused(request, available(sku, state.stock));
  return {
    state: { allotments: { [saleId]: allotment }, ...(picks && { stock: moved(state.stock, picks, allotted) }) },
    messages: [answer(allotment)],
  };
}

type AllotmentRequest = Data<typeof AllotStock> & { version: number };

const granted = (request: AllotmentRequest, picks: Allocation): GrantedAllotment => ({
  ...request,
  status: 'allotted',
  remaining: counted({}, picks, 1),
  taken: 0,
  returned: 0,
  available: null,
});

const refused = (request: AllotmentRequest, pieces: number): RefusedAllotment => ({
  ...request,
  status: 'refused',
  remaining: {},
  taken: 0,
  returned: 0,
  available: pieces,
});

function answer({ saleId, sku, version, ...allotment }: Allotment): Outgoing {
  return allotment.status === 'allotted'
    ? StockAllotted({ saleId, sku, version, quantity: allotment.quantity })
    : StockAllotmentRefused({ saleId, sku, version, available: allotment.available });
}

export const returnKeys = ({ saleId, sku }: Data<typeof ReturnAllotment>): StockKeys => ({
  allotments: [saleId],
  products: [sku],
  stock: shelvesOf(sku),
});

/**
 * Puts pieces that a sale no longer needs back on hand, from the fullest warehouse first. A request with a total of
 * returned pieces may be repeated: only the missing pieces go back, and it gets the current total as reply.
 * @throws PermanentError the sale has fewer pieces: it sold what it returns, or returns it twice
 */
export function returnAllotment(state: StockState, request: Data<typeof ReturnAllotment>): StockDecision {
  const { saleId, sku } = request;
  const allotment = state.allotments[saleId];
  if (allotment?.status !== 'allotted' || allotment.sku !== sku)
    throw new PermanentError(`sale ${saleId} has no pieces of ${sku} to give back`);
  const quantity = missing(allotment, request);
  if (quantity <= 0) return { messages: [backOnHand(allotment, 0)] };
  const picks = allocate([{ sku, quantity }], remaining(allotment));
  if (!picks) throw new PermanentError(`sale ${saleId} has fewer than ${quantity} pieces of ${sku} to give back`);
  const after = {
    ...allotment,
    remaining: counted(allotment.remaining, picks, -1),
    returned: allotment.returned + quantity,
    version: allotment.version + 1,
  };
  const stock = moved(state.stock, picks, unallotted);
  return {
    state: { allotments: { [saleId]: after }, stock },
    messages: [backOnHand(after, quantity), ...restocks(state, stock)],
  };
}

const missing = (
  { returned: before }: GrantedAllotment,
  { quantity, returned }: Data<typeof ReturnAllotment>,
): number => (returned === undefined ? quantity : returned - before);

const backOnHand = ({ saleId, sku, returned, version }: GrantedAllotment, quantity: number): Outgoing =>
  AllotmentReturned({ saleId, sku, quantity, returned, version });

/** Pieces free for a sale's orders: only those of its allotment. */
export const remaining =
  (allotment: Allotment | undefined): OnHand =>
  (sku, warehouse) =>
    allotment?.sku === sku ? (allotment.remaining[warehouse] ?? 0) : 0;

/** Holds pieces of the sale for one of its orders. */
export const take = (state: StockState, saleId: string, picks: Allocation): StockChanges =>
  changed(state, saleId, picks, -1);

/** Makes pieces that were held for one of the sale's orders free for the sale again. */
export const putBack = (state: StockState, saleId: string, picks: Allocation): StockChanges =>
  changed(state, saleId, picks, 1);

/** @throws PermanentError the sale has no allotment, so no pieces can have been taken */
function changed(state: StockState, saleId: string, picks: Allocation, sign: 1 | -1): StockChanges {
  const allotment = state.allotments[saleId];
  if (allotment?.status !== 'allotted') throw new PermanentError(`there is no allotment for sale ${saleId}`);
  const pieces = picks.reduce((sum, { quantity }) => sum + quantity, 0);
  const after = {
    ...allotment,
    remaining: counted(allotment.remaining, picks, sign),
    taken: allotment.taken - sign * pieces,
    version: allotment.version + 1,
  };
  return { allotments: { [saleId]: after }, stock: moved(state.stock, picks, sign < 0 ? drawn : undrawn) };
}

type Counts = GrantedAllotment['remaining'];

const counted = (counts: Counts, picks: Allocation, sign: 1 | -1): Counts =>
  picks.reduce<Counts>(
    (sums, { warehouse, quantity }) => ({ ...sums, [warehouse]: (sums[warehouse] ?? 0) + sign * quantity }),
    counts,
  );
