import {
  type AllotmentReturned,
  AllotStock,
  type CreateSale,
  type Data,
  type Outgoing,
  ReturnAllotment,
  type Sale as SaleView,
  SaleChanged,
  type StockAllotted,
  type StockAllotmentRefused,
} from '@sluice/contracts';
import { PermanentError, ProblemError } from '@sluice/messaging';
import { type PendingRequest, isDue } from '@sluice/service-kit';
import { expectTimes, type SaleBounds } from './sale-period.js';
import { saleView } from './sale.view.js';
import type { Decision, Keys, Sale, State } from './tables.js';
import { hasUnreportedProgress, withProgress, type SaleChange } from './progress.js';

export type NewSale = Data<typeof CreateSale>;

export const saleKeys = ({ saleId }: { saleId: string }): Keys => ({ sales: [saleId] });

/**
 * Creates a sale and requests its pieces from inventory, or repeats the reply to the same request.
 * @throws ProblemError 409 another sale has this id; 422 it is over already, lasts too long or opens too late
 */
export function create(state: State, request: NewSale, now: Date, bounds: SaleBounds): Decision<SaleView> {
  const { saleId } = request;
  const existing = state.sales[saleId];
  if (existing) return { reply: repeatAnswer(existing, request) };
  expectTimes(request, bounds, now);
  const sale = newSale(request, now);
  const reply = saleView(sale);
  return { state: { sales: { [saleId]: sale } }, messages: [pendingRequestOf(sale), SaleChanged(reply)], reply };
}

function newSale({ saleId: id, sku, price, quantity, opensAt, closesAt, payWithinSeconds }: NewSale, now: Date): Sale {
  const pieces = { quantity, remaining: quantity, held: 0, sold: 0, returned: 0, returnedConfirmed: 0, shelveAt: null };
  const offer = {
    sku,
    ...price,
    opensAt: new Date(opensAt),
    closesAt: new Date(closesAt),
    closedAt: null,
    payWithinSeconds,
  };
  const progress = { drained: 0, toldAt: now, toldVersion: 1, toldDrained: 0, perSecond: 0 };
  return {
    id,
    ...offer,
    state: 'preparing',
    ...pieces,
    waitingSince: now,
    askedAt: now,
    round: 0,
    createdAt: now,
    ...progress,
    version: 1,
  };
}

function repeatAnswer(existing: Sale, request: NewSale): SaleView {
  const details = ({ sku, amount, currency, quantity, opensAt, closesAt, payWithinSeconds }: Sale) =>
    [sku, amount, currency, quantity, opensAt.getTime(), closesAt.getTime(), payWithinSeconds].join();
  if (details(existing) === details(newSale(request, existing.createdAt))) return saleView(existing);
  throw ProblemError.of(409, 'Another sale has this id', `There is a sale ${request.saleId} with other details.`);
}

/** On `stock.allotted`: the sale waits for its opening, or opens now. */
export function allotted(state: State, { saleId }: Data<typeof StockAllotted>, now: Date): Decision {
  const sale = expected(state, saleId);
  return sale.state === 'preparing'
    ? changed(sale, tick({ ...sale, state: 'scheduled', waitingSince: null }, now), now)
    : {};
}

/** On `stock.allotment_refused`: inventory has too few pieces. */
export function refused(state: State, { saleId }: Data<typeof StockAllotmentRefused>, now: Date): Decision {
  const sale = expected(state, saleId);
  return sale.state === 'preparing'
    ? changed(sale, { sale: { ...sale, state: 'refused', waitingSince: null }, messages: [] }, now)
    : {};
}

/**
 * On `allotment.returned`: inventory has put this many of the sale's pieces back on its shelves. The public view does
 * not change.
 */
export function confirmed(state: State, { saleId, returned }: Data<typeof AllotmentReturned>): Decision {
  const sale = expected(state, saleId);
  if (returned === undefined || returned <= sale.returnedConfirmed) return {};
  const waitingSince = returned >= sale.returned ? null : sale.waitingSince;
  return { state: { sales: { [saleId]: { ...sale, returnedConfirmed: returned, waitingSince } } } };
}

/**
 * Sends the request to inventory again when there is no reply for too long. Inventory counts a repeat once, and
 * replies to it.
 */
export function resend(state: State, { saleId }: { saleId: string }, afterMs: number, now: Date): Decision {
  const sale = expected(state, saleId);
  if (!isUnanswered(sale) || !isDue(pendingTimesOf(sale), afterMs, now)) return {};
  const { since } = pendingTimesOf(sale);
  return {
    state: { sales: { [saleId]: { ...sale, waitingSince: since, askedAt: now } } },
    messages: [pendingRequestOf(sale)],
  };
}

/** The request that inventory has not confirmed. */
const pendingRequestOf = ({
  id: saleId,
  sku,
  currency,
  state,
  quantity,
  returned,
  returnedConfirmed,
}: Sale): Outgoing =>
  state === 'preparing'
    ? AllotStock({ saleId, sku, quantity, currency })
    : ReturnAllotment({ saleId, sku, quantity: returned - returnedConfirmed, returned });

const isUnanswered = ({ state, returned, returnedConfirmed }: Sale): boolean =>
  state === 'preparing' || returned > returnedConfirmed;

/** Sales older than these columns have waited since their creation or close. */
function pendingTimesOf({ state, createdAt, closesAt, waitingSince, askedAt }: Sale): PendingRequest {
  const since = waitingSince ?? (state === 'preparing' ? createdAt : closesAt);
  return { since, askedAt: askedAt ?? since };
}

/**
 * @throws PermanentError there is no such sale: it was committed before any request was sent, so a retry would not
 * find it
 */
export function expected({ sales }: State, saleId: string): Sale {
  const sale = sales[saleId];
  if (!sale) throw new PermanentError(`no record of sale ${saleId}`);
  return sale;
}

/** Opens and closes a sale when it is time, and publishes progress that is not reported yet. */
export function applyClock(state: State, { saleId }: { saleId: string }, now: Date): Decision {
  const sale = expected(state, saleId);
  const change = tick(sale, now);
  return change.sale !== sale || hasUnreportedProgress(sale, now) ? changed(sale, change, now) : {};
}

/**
 * Closes a sale for an admin: unsold pieces go back to the shelves, or as soon as they are allotted. Pieces won and
 * not paid keep their payment window. A sale that is closed already, by time or by an admin, stays as it is.
 * @throws ProblemError 404 no such sale, or inventory has refused the allotment
 */
export function closeEarly(state: State, { saleId }: { saleId: string }, now: Date): Decision<SaleView> {
  const sale = state.sales[saleId];
  if (!sale || sale.state === 'refused') throw ProblemError.of(404, 'Sale not found');
  const change = tick(hasEnded(sale, now) ? sale : { ...sale, closedAt: now }, now);
  if (change.sale === sale) return { reply: saleView(sale) };
  const decision = changed(sale, change, now);
  return { ...decision, reply: saleView(decision.state!.sales![saleId]!) };
}

const hasEnded = ({ state, closesAt, closedAt }: Sale, now: Date): boolean =>
  state === 'closed' || closedAt !== null || now >= closesAt;

export function changed(before: Sale, change: SaleChange, now: Date): Decision {
  const { sale, messages } = withProgress(before, change, now);
  return { state: { sales: { [sale.id]: sale } }, messages };
}

/** Applies the clock to a sale. Every rule begins with it, so no rule depends on whether the sweep has run. */
export function tick(sale: Sale, now: Date): SaleChange {
  const isOn = sale.state === 'scheduled' || sale.state === 'open' || sale.state === 'sold-out';
  if (isOn && sale.closedAt) return shelved({ ...sale, state: 'closed' }, now);
  const begun = sale.state === 'scheduled' && now >= sale.opensAt ? opened(sale) : sale;
  return { sale: isOn && now >= begun.closesAt ? closed(begun, now) : begun, messages: [] };
}

const opened = (sale: Sale): Sale => ({ ...sale, state: 'open', round: sale.round + 1 });

/**
 * Longest time that a closed sale keeps its pieces, in ms: a full queue is drained in seconds, and a failing claim is
 * retried for 71 s.
 */
const DRAINED_WITHIN_MS = 120_000;
/** Claims in a consumer's hands when the queue is empty are decided within this time. Milliseconds. */
const LINGER_MS = 2_000;

/**
 * Closes a sale for new claims. Claims accepted before are still decided, so unsold pieces are kept until the queue
 * is empty.
 */
const closed = (sale: Sale, now: Date): Sale => ({
  ...sale,
  state: 'closed',
  shelveAt: new Date(now.getTime() + DRAINED_WITHIN_MS),
});

/** Whether the closed sale still serves a claim accepted at that time. */
export const isKeptFor = ({ state, shelveAt, opensAt, closesAt }: Sale, at: Date): boolean =>
  state === 'closed' && shelveAt !== null && opensAt <= at && at < closesAt;

/**
 * Returns the unsold pieces of a closed sale to the shelves when no claim waits any more, or after the longest time.
 * From then on no claim wins. The public view of the sale does not change.
 */
export function shelve(
  state: State,
  { saleId, queueIsEmpty }: { saleId: string; queueIsEmpty: boolean },
  now: Date,
): Decision {
  const sale = expected(state, saleId);
  if (sale.shelveAt === null) return {};
  if (now >= sale.shelveAt) {
    const { sale: after, messages } = shelved(sale, now);
    return { state: { sales: { [saleId]: after } }, messages };
  }
  const soon = new Date(now.getTime() + LINGER_MS);
  return queueIsEmpty && soon < sale.shelveAt ? { state: { sales: { [saleId]: { ...sale, shelveAt: soon } } } } : {};
}

function shelved(sale: Sale, now: Date): SaleChange {
  const after: Sale = { ...sale, shelveAt: null };
  return sale.remaining > 0 ? backToShelves(after, sale.remaining, now) : { sale: after, messages: [] };
}

/** Holds a piece for its winner until it is paid. */
export function hold(sale: Sale): Sale {
  const remaining = sale.remaining - 1;
  const state = remaining === 0 ? 'sold-out' : 'open';
  return { ...sale, remaining, held: sale.held + 1, state: sale.state === 'closed' ? 'closed' : state };
}

export const sell = (sale: Sale): Sale => ({ ...sale, held: sale.held - 1, sold: sale.sold + 1 });

/**
 * Takes a piece back: for sale again until the close, in a new round if all were gone; after the close kept for
 * waiting claims.
 */
export function takeBack(sale: Sale, from: 'held' | 'sold', now: Date): SaleChange {
  const back = { ...sale, [from]: sale[from] - 1, remaining: sale.remaining + 1 };
  if (sale.state === 'closed')
    return sale.shelveAt === null ? backToShelves(back, 1, now) : { sale: back, messages: [] };
  return { sale: sale.state === 'sold-out' ? opened(back) : back, messages: [] };
}

function backToShelves(sale: Sale, quantity: number, now: Date): SaleChange {
  const returned = sale.returned + quantity;
  const after = { ...sale, returned, waitingSince: sale.waitingSince ?? now, askedAt: now };
  return { sale: after, messages: [ReturnAllotment({ saleId: sale.id, sku: sale.sku, quantity, returned })] };
}
