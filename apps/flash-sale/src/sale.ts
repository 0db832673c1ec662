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
import { expectTimes, type SaleBounds } from './sale-times.js';
import { saleView } from './sale.view.js';
import type { Decision, Sale, State } from './tables.js';
import { hasUnreportedProgress, withProgress, type SaleChange } from './progress.js';

export type NewSale = Data<typeof CreateSale>;

/**
 * A new sale, whose pieces inventory is asked for; or once more the answer to it.
 * @throws ProblemError 409 another sale has this id; 422 it is over already, lasts too long or opens too late
 */
export function create(state: State, request: NewSale, now: Date, bounds: SaleBounds): Decision<SaleView> {
  const { saleId } = request;
  const known = state.sales[saleId];
  if (known) return { reply: repeatAnswer(known, request) };
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

function repeatAnswer(known: Sale, request: NewSale): SaleView {
  const details = ({ sku, amount, currency, quantity, opensAt, closesAt, payWithinSeconds }: Sale) =>
    [sku, amount, currency, quantity, opensAt.getTime(), closesAt.getTime(), payWithinSeconds].join();
  if (details(known) === details(newSale(request, known.createdAt))) return saleView(known);
  throw ProblemError.of(409, 'Another sale has this id', `There is a sale ${request.saleId} with other details.`);
}

/** Inventory has set the pieces aside: the sale waits for its time, or opens now. */
export function allotted(state: State, { saleId }: Data<typeof StockAllotted>, now: Date): Decision {
  const sale = expected(state, saleId);
  return sale.state === 'preparing'
    ? changed(sale, tick({ ...sale, state: 'scheduled', waitingSince: null }, now), now)
    : {};
}

/** Inventory has too few of them. */
export function refused(state: State, { saleId }: Data<typeof StockAllotmentRefused>, now: Date): Decision {
  const sale = expected(state, saleId);
  return sale.state === 'preparing'
    ? changed(sale, { sale: { ...sale, state: 'refused', waitingSince: null }, messages: [] }, now)
    : {};
}

/** Inventory has put so many of the sale's pieces back on its shelves. What others see of the sale stays as it is. */
export function confirmed(state: State, { saleId, returned }: Data<typeof AllotmentReturned>): Decision {
  const sale = expected(state, saleId);
  if (returned === undefined || returned <= sale.returnedConfirmed) return {};
  const waitingSince = returned >= sale.returned ? null : sale.waitingSince;
  return { state: { sales: { [saleId]: { ...sale, returnedConfirmed: returned, waitingSince } } } };
}

/** Asks inventory once more for an answer that has not come for too long. It counts a repeat once, and answers it. */
export function resend(state: State, { saleId }: { saleId: string }, afterMs: number, now: Date): Decision {
  const sale = expected(state, saleId);
  if (!isUnanswered(sale) || !isDue(pendingTimesOf(sale), afterMs, now)) return {};
  const { since } = pendingTimesOf(sale);
  return {
    state: { sales: { [saleId]: { ...sale, waitingSince: since, askedAt: now } } },
    messages: [pendingRequestOf(sale)],
  };
}

/** What inventory is to do for the sale and has not confirmed. */
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

/** A sale that is older than these columns waits since the moment for which it stands. */
function pendingTimesOf({ state, createdAt, closesAt, waitingSince, askedAt }: Sale): PendingRequest {
  const since = waitingSince ?? (state === 'preparing' ? createdAt : closesAt);
  return { since, askedAt: askedAt ?? since };
}

/** @throws PermanentError the sale was committed before anybody was asked for anything: trying again would not find it either */
export function expected({ sales }: State, saleId: string): Sale {
  const sale = sales[saleId];
  if (!sale) throw new PermanentError(`nothing is known of sale ${saleId}`);
  return sale;
}

/** Opens and closes a sale whose time has come, and tells what nobody was told of yet. */
export function applyClock(state: State, { saleId }: { saleId: string }, now: Date): Decision {
  const sale = expected(state, saleId);
  const change = tick(sale, now);
  return change.sale !== sale || hasUnreportedProgress(sale, now) ? changed(sale, change, now) : {};
}

/**
 * An admin ends the sale: what is unsold goes back to the shelves, if need be as soon as it is there. What is won and not
 * paid keeps its payment window. A sale that has ended, by its time or by an admin, stays as it is.
 * @throws ProblemError 404 no such sale, or inventory has refused it its pieces
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

/** What the clock makes of a sale. Every rule begins with it, so none depends on whether the sweep has been there. */
export function tick(sale: Sale, now: Date): SaleChange {
  const isOn = sale.state === 'scheduled' || sale.state === 'open' || sale.state === 'sold-out';
  if (isOn && sale.closedAt) return shelved({ ...sale, state: 'closed' }, now);
  const begun = sale.state === 'scheduled' && now >= sale.opensAt ? opened(sale) : sale;
  return { sale: isOn && now >= begun.closesAt ? closed(begun, now) : begun, messages: [] };
}

const opened = (sale: Sale): Sale => ({ ...sale, state: 'open', round: sale.round + 1 });

/** How long a closed sale keeps its pieces at most: a full queue is drained in seconds, and a claim that fails is retried for 71 s. Milliseconds. */
const DRAINED_WITHIN_MS = 120_000;
/** Claims that a consumer holds when its queue is empty are decided within this. Milliseconds. */
const LINGER_MS = 2_000;

/** No claim is accepted any more. Those accepted before are still served, so unsold pieces are kept until the queue is empty. */
const closed = (sale: Sale, now: Date): Sale => ({
  ...sale,
  state: 'closed',
  shelveAt: new Date(now.getTime() + DRAINED_WITHIN_MS),
});

/** The closed sale still serves a claim that was accepted at that time. */
export const isKeptFor = ({ state, shelveAt, opensAt, closesAt }: Sale, at: Date): boolean =>
  state === 'closed' && shelveAt !== null && opensAt <= at && at < closesAt;

/**
 * Returns the unsold pieces of a closed sale to the shelves when no claim waits any more, or the longest time is over. After that
 * no claim wins. The public view of the sale does not change.
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

/** A piece is won, and held until it is paid. */
export function hold(sale: Sale): Sale {
  const remaining = sale.remaining - 1;
  const state = remaining === 0 ? 'sold-out' : 'open';
  return { ...sale, remaining, held: sale.held + 1, state: sale.state === 'closed' ? 'closed' : state };
}

export const sell = (sale: Sale): Sale => ({ ...sale, held: sale.held - 1, sold: sale.sold + 1 });

/** A piece is back in the allotment: for sale again while there is time, in a new round when all were gone; kept for those in line after that. */
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
