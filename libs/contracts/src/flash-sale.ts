import { z } from 'zod';
import { ACCEPTED } from './kit/accepted.js';
import { command, event, query } from './kit/message.js';
import { PaymentWindow } from './orders.js';
import { Id, Instant, page, PageRequest } from './kit/values.js';
import { Address, Money, NewMoney, Quantity, Sku } from './values.js';

/**
 * `preparing`: waiting for the answer of inventory. `refused`: inventory has too few pieces; customers never see this
 * sale.
 */
export const SaleState = z.enum(['preparing', 'refused', 'scheduled', 'open', 'sold-out', 'closed']);
export type SaleState = z.infer<typeof SaleState>;

export const NewSale = z
  .strictObject({
    sku: Sku,
    price: NewMoney,
    quantity: Quantity,
    opensAt: Instant,
    closesAt: Instant,
    payWithinSeconds: PaymentWindow,
    /** Pieces per user. Only 1 is supported. */
    perUser: z.literal(1).default(1),
  })
  .refine(({ opensAt, closesAt }) => Date.parse(opensAt) < Date.parse(closesAt), {
    path: ['closesAt'],
    error: 'a sale closes after it opens',
  });

/**
 * Invariant: quantity = remaining + held + sold. `held` counts pieces that are won and not paid yet. `round` counts
 * how often the sale has opened: a user who lost may claim again in the next round.
 */
export const Sale = z.object({
  id: Id,
  sku: Sku,
  price: Money,
  state: SaleState,
  quantity: z.int(),
  remaining: z.int(),
  held: z.int(),
  sold: z.int(),
  round: z.int(),
  opensAt: Instant,
  closesAt: Instant,
  closedAt: Instant.optional().describe('An admin ended it then, before its time'),
  payWithinSeconds: PaymentWindow,
  version: z.int(),
});
export type Sale = z.infer<typeof Sale>;

/**
 * `at`: time of this snapshot, by the clock that opens and closes sales. Absent in answers of versions before this
 * field.
 */
export const SeenSale = Sale.extend({ at: Instant.optional() });
export type SeenSale = z.infer<typeof SeenSale>;

/** `waiting`: not drained from the queue yet. `expired`: won, but not paid in time, or cancelled. */
export const ClaimStatus = z.enum(['waiting', 'won', 'lost', 'expired']);
/**
 * `sold_out`, `closed`, `not_open`, `already_won` (the user won in an earlier round), or the reason why the order
 * ended: `payment_timeout`, `customer`, ...
 */
export const ClaimReason = z.string();
export const ClaimResult = z.object({ status: ClaimStatus, orderId: Id.optional(), reason: ClaimReason.optional() });
export type ClaimResult = z.infer<typeof ClaimResult>;

export const CreateSale = command('flash-sale.create', z.object({ saleId: Id, ...NewSale.shape, price: Money }), {
  reply: Sale,
  about:
    'The sale is answered as `preparing`: its pieces are being allotted. The same sale twice is one. Problems: ' +
    '409 another sale has this id; 422 it is over, lasts too long or opens too late.',
});
export const CloseSale = command('flash-sale.close', z.object({ saleId: Id }), {
  reply: Sale,
  about:
    'Ends a sale before its time: what is unsold goes back to the shelves, and claims that wait lose. Wins that ' +
    'are not paid keep their payment window. A sale that is still preparing stays so, and closes as soon as its ' +
    'pieces are there. Of a sale that has ended it changes nothing. Problems: 404.',
});
export const ClaimPiece = command(
  'flash-sale.claim',
  z.object({ saleId: Id, userId: Id, round: z.int().min(1), address: Address }),
  {
    bounded: true,
    about:
      'One user wants one piece, in one round of a sale: one ticket. It waits in a queue that holds so many and ' +
      'no more, which the broker refuses beyond that; who is refused is told so at once.',
  },
);
export const GetSale = query(
  'flash-sale.sale',
  z.object({ saleId: Id, anyState: z.boolean().default(false) }),
  SeenSale,
  {
    about: 'Problems: 404, also of a sale that is refused or still preparing, unless `anyState`.',
  },
);
export const ListSales = query('flash-sale.sales', PageRequest, page(SeenSale), {
  about: 'Newest first.',
});
const Ticket = z.object({ saleId: Id, userId: Id, round: z.int().min(1) });
export const GetClaim = query('flash-sale.ticket', Ticket, ClaimResult, {
  about: 'What became of a ticket; of one that nothing is known of yet, that it waits.',
});

export const FindDecidedClaims = query(
  'flash-sale.decided',
  z.object({ tickets: z.array(Ticket).max(1_000) }),
  z.object({ decided: z.array(Ticket) }),
  { about: 'Those of many tickets that do not wait any more.' },
);

export const SaleChanged = event('sale.changed', Sale, {
  optional: true,
  about: 'The sale, whenever its state, its round or what remains of it has changed.',
});
export const SaleProgress = event('sale.progress', z.object({ saleId: Id, drained: z.int(), perSecond: z.number() }), {
  optional: true,
  about: 'How far the line has moved: claims answered since the sale began, and how many are answered per second now.',
});
export const ClaimDecided = event(
  'claim.decided',
  z.object({ saleId: Id, userId: Id, round: z.int(), ...ClaimResult.shape }),
  {
    optional: true,
    about: 'What became of one ticket; whoever holds it is told.',
  },
);

ACCEPTED.add(NewSale, { description: 'closesAt is after opensAt; the price is in the currency of the product' });
