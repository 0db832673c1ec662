import { createHash } from 'node:crypto';
import {
  type Address,
  ClaimDecided,
  type ClaimPiece,
  type ClaimResult,
  type Data,
  type OrderReason,
  type Outgoing,
  PlaceOrder,
} from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import { isDue } from '@sluice/service-kit';
import { v5 } from 'uuid';
import { changed, expected, hold, isKeptFor, sell, takeBack, tick } from './sale.js';
import {
  type Claim,
  claimKey,
  type Decision,
  type Keys,
  type Loss,
  type Sale,
  type State,
  type Winner,
} from './tables.js';
import { withProgress } from './progress.js';

export type Ticket = Data<typeof ClaimPiece>;

/** UUID namespace of flash-sale orders: the id follows from user and sale, so each user and sale make one order. */
const ORDERS = '5d2f3a0e-6c1b-4f8e-9a57-0b3c8d14e7f2';
/** Losses that hold only as long as their cause: a claim that came too early may be repeated in its round. */
const TOO_EARLY: readonly (Loss | null)[] = ['not_open', 'no_such_sale'];

/** A user's claim and its sale. */
export const claimKeys = (about: { saleId: string; userId: string }): Keys => ({
  sales: [about.saleId],
  claims: [claimKey(about)],
});

/** `at`: when the claim was accepted. `now`: when it is decided. */
export interface Claimed {
  at: Date;
  now: Date;
}

/**
 * Decides one ticket of the claim queue. Claims accepted while the sale was open win in their order while there are
 * pieces; each ticket is decided once.
 */
export function claim(state: State, ticket: Ticket, { at, now }: Claimed): Decision {
  const current = state.sales[ticket.saleId];
  const before = state.claims[claimKey(ticket)];
  const clock = current && tick(current, now);
  const verdict = judge(before, ticket.round, clock?.sale, at);
  const answer = answered(before, ticket, verdict, now);
  const change = clock && withProgress(current, { ...clock, sale: drained(clock.sale, verdict) }, now);
  return {
    state: {
      ...(change && { sales: { [ticket.saleId]: change.sale } }),
      ...(answer.row && { claims: { [claimKey(ticket)]: answer.row } }),
    },
    messages: [
      ...(change && verdict === 'won' ? [order({ ...ticket, orderId: orderIdOf(ticket) }, change.sale)] : []),
      ...answer.messages,
      ...(change?.messages ?? []),
    ],
  };
}

type Verdict = 'won' | Loss;

const drained = (sale: Sale, verdict: Verdict | undefined): Sale => ({
  ...(verdict === 'won' ? hold(sale) : sale),
  drained: sale.drained + 1,
});

/** Returns undefined when the ticket is decided already. */
function judge(before: Claim | undefined, round: number, sale: Sale | undefined, at: Date): Verdict | undefined {
  if (before && isAnswered(before, round)) return undefined;
  const verdict = before?.win ? 'already_won' : onOffer(sale, at);
  return before?.round === round && before.lost === verdict ? undefined : verdict;
}

const isAnswered = ({ round: latest, lost }: Claim, round: number): boolean =>
  latest > round || (latest === round && !TOO_EARLY.includes(lost));

function onOffer(sale: Sale | undefined, at: Date): Verdict {
  switch (sale?.state) {
    case undefined:
    case 'refused':
      return 'no_such_sale';
    case 'preparing':
    case 'scheduled':
      return 'not_open';
    case 'open':
      return at < sale.opensAt ? 'not_open' : 'won';
    case 'sold-out':
      return 'sold_out';
    case 'closed':
      if (!isKeptFor(sale, at)) return 'closed';
      return sale.remaining > 0 ? 'won' : 'sold_out';
  }
}

function answered(
  before: Claim | undefined,
  ticket: Ticket,
  verdict: Verdict | undefined,
  now: Date,
): { row?: Claim; messages: Outgoing[] } {
  if (!verdict) return { messages: before && isOvertaken(before, ticket.round) ? [decided(before, ticket.round)] : [] };
  const { saleId, userId, round } = ticket;
  const latest = { saleId, userId, round, version: (before?.version ?? 0) + 1 };
  const row = verdict === 'won' ? won(latest, ticket, now) : { ...(before ?? NEVER_WON), ...latest, lost: verdict };
  return { row, messages: [decided(row, round)] };
}

/**
 * The user's next ticket was decided first: this one has no row of its own, and its holder still waits for the
 * decision.
 */
const isOvertaken = ({ round: latest, wonRound }: Claim, round: number): boolean =>
  latest > round && wonRound !== round;

const NEVER_WON = {
  wonRound: null,
  orderId: null,
  win: null,
  endReason: null,
  address: null,
  wonAt: null,
  askedAt: null,
};

const won = (latest: Pick<Claim, 'saleId' | 'userId' | 'round' | 'version'>, ticket: Ticket, now: Date): Winner => {
  const placing = { orderId: orderIdOf(ticket), address: ticket.address, wonAt: now, askedAt: now };
  return { ...latest, lost: null, wonRound: latest.round, win: 'held', endReason: null, ...placing };
};

const orderIdOf = (ticket: Ticket): string => v5(claimKey(ticket), ORDERS);

/** Turns a win into an order, at the sale's price and with its payment window. */
function order(
  { saleId, userId, orderId, address }: Sold & { address: Address },
  { amount, currency, sku, payWithinSeconds }: Sale,
): Outgoing {
  const details = {
    lines: [{ sku, quantity: 1 }],
    address: inOrder(address),
    payWithinSeconds,
    flashSale: { id: saleId, unitPrice: { amount, currency } },
  };
  const bodyHash = createHash('sha256').update(JSON.stringify(details)).digest('hex');
  return PlaceOrder({ orderId, userId, bodyHash, ...details });
}

/** PostgreSQL returns the keys of a JSON object in another order, which would give another hash. */
const inOrder = ({ name, street, city, postcode, country }: Address): Address => ({
  name,
  street,
  city,
  postcode,
  country,
});

/** Sends the order again when no fact about it has arrived for too long. Orders places an order once. */
export function placeAgain(
  state: State,
  about: { saleId: string; userId: string },
  afterMs: number,
  now: Date,
): Decision {
  const claim = state.claims[claimKey(about)];
  if (claim?.win !== 'held' || !claim.address || !isOverdue(claim, afterMs, now)) return {};
  const row: Winner = { ...claim, askedAt: now, version: claim.version + 1 };
  return withClaim({ messages: [order({ ...claim, address: claim.address }, expected(state, about.saleId))] }, row);
}

const isOverdue = ({ wonAt, askedAt }: Winner, afterMs: number, now: Date): boolean =>
  wonAt !== null && isDue({ since: wonAt, askedAt: askedAt ?? wonAt }, afterMs, now);

const decided = (claim: Claim, round: number): Outgoing =>
  ClaimDecided({ saleId: claim.saleId, userId: claim.userId, round, ...resultOf(claim, round) });

/** The result of a user's ticket of one round. */
export function resultOf(claim: Claim | undefined, round: number): ClaimResult {
  if (claim?.wonRound === round) return resultOfWin(claim);
  if (!claim || claim.round < round) return { status: 'waiting' };
  // A later ticket was decided, which exists only after a round has sold out.
  return { status: 'lost', reason: claim.round === round ? claim.lost! : 'sold_out' };
}

const resultOfWin = ({ win, orderId, endReason }: Winner): ClaimResult =>
  win === 'expired'
    ? { status: 'expired', orderId, ...(endReason && { reason: endReason }) }
    : { status: 'won', orderId };

/** The win that a fact about an order belongs to. */
export interface Sold {
  saleId: string;
  userId: string;
  orderId: string;
}

/**
 * On `order.paid`: the piece is sold. A fact that arrives after the piece is back changes nothing: its order was
 * cancelled.
 */
export function paid(state: State, about: Sold, now: Date): Decision {
  const winner = winnerOf(state, about);
  if (winner.win !== 'held') return {};
  const sale = expected(state, about.saleId);
  const change = tick(sale, now);
  return withClaim(changed(sale, { ...change, sale: sell(change.sale) }, now), {
    ...winner,
    win: 'paid',
    address: null,
    version: winner.version + 1,
  });
}

/** On `order.cancelled` or `order.rejected`: the reason is stored; the piece is held until inventory has it back. */
export function ended(state: State, about: Sold, endReason: OrderReason): Decision {
  const winner = winnerOf(state, about);
  return winner.endReason ? {} : withClaim({}, { ...winner, endReason, address: null, version: winner.version + 1 });
}

/** On `stock.released`: inventory has the piece back. */
export function released(state: State, about: Sold, now: Date): Decision {
  const winner = winnerOf(state, about);
  if (winner.win === 'expired') return {};
  const sale = expected(state, about.saleId);
  const clock = tick(sale, now);
  const back = takeBack(clock.sale, winner.win === 'paid' ? 'sold' : 'held', now);
  const row: Winner = { ...winner, win: 'expired', address: null, version: winner.version + 1 };
  const decision = changed(sale, { sale: back.sale, messages: [...clock.messages, ...back.messages] }, now);
  return withClaim({ ...decision, messages: [decided(row, row.wonRound), ...(decision.messages ?? [])] }, row);
}

/**
 * @throws PermanentError there is no such win: it was committed before its order was placed, so a retry would not
 * find it
 */
function winnerOf({ claims }: State, about: Sold): Winner {
  const claim = claims[claimKey(about)];
  if (!claim?.win || claim.orderId !== about.orderId)
    throw new PermanentError(`order ${about.orderId} is from no win in sale ${about.saleId}`);
  return claim;
}

const withClaim = (decision: Decision, row: Winner): Decision => ({
  ...decision,
  state: { ...decision.state, claims: { [claimKey(row)]: row } },
});
