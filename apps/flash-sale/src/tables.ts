import type { Address, OrderReason, SaleState } from '@sluice/contracts';
import { collection, type Decision as DecisionOver, type State as StateOf } from '@sluice/persistence';

/** A sale: what is on offer, where its pieces are, and what was last said of it. */
export interface Sale {
  id: string;
  sku: string;
  /** Cents. */
  amount: number;
  currency: string;
  state: SaleState;
  /** Always the sum of the next three. */
  quantity: number;
  /** Unsold; after the close they are inventory's again, and `returned` counts them. */
  remaining: number;
  /** Won and not paid yet. */
  held: number;
  sold: number;
  returned: number;
  /** How many of `returned` inventory has confirmed. */
  returnedConfirmed: number;
  /** Since when inventory has owed an answer: to the allotment, or to what was returned. Null: it owes none, or the sale is older than this column. */
  waitingSince: Date | null;
  /** When inventory was last asked for it. */
  askedAt: Date | null;
  /** Of a closed sale: until when its unsold pieces are kept for claims that wait. Null: not closed, or the pieces have gone back. */
  shelveAt: Date | null;
  /** How often it has opened. */
  round: number;
  opensAt: Date;
  closesAt: Date;
  /** When an admin ended it before `closesAt`. */
  closedAt: Date | null;
  payWithinSeconds: number;
  createdAt: Date;
  /** Claims answered since it began. */
  drained: number;
  /** When those who watch were last told in the course of things (`progress.ts`), and of which version and count. */
  toldAt: Date;
  toldVersion: number;
  toldDrained: number;
  /** Claims answered per second, as last told. */
  perSecond: number;
  version: number;
}

/** `no_such_sale`: nothing is known of it, or inventory has refused it its pieces. */
export type Loss = 'sold_out' | 'closed' | 'not_open' | 'already_won' | 'no_such_sale';

interface Claimant {
  saleId: string;
  userId: string;
  /** Of the latest ticket that was answered. */
  round: number;
  version: number;
}

/** Has lost with every ticket so far. */
export interface Loser extends Claimant {
  lost: Loss;
  wonRound: null;
  orderId: null;
  win: null;
  endReason: null;
  address: null;
  wonAt: null;
  askedAt: null;
}

/** A user wins once: a later ticket loses, and leaves the win as it is. */
export interface Winner extends Claimant {
  /** What the latest ticket lost for; null: it is the one that has won. */
  lost: Loss | null;
  wonRound: number;
  orderId: string;
  /** `held`: not paid yet. `expired`: the piece is back. */
  win: 'held' | 'paid' | 'expired';
  /** What became of the order, known from the moment it has ended: the piece comes back a little later, or came back before. */
  endReason: OrderReason | null;
  /** Where the order goes, kept until a fact of the order shows that it exists: until then it may have to be placed again. */
  address: Address | null;
  /** Null: won before this was stored. */
  wonAt: Date | null;
  /** When orders was last asked to place the order. */
  askedAt: Date | null;
}

/** What one user has of one sale. */
export type Claim = Loser | Winner;

export const tables = {
  sales: collection<Sale>({
    table: 'sales',
    key: 'id',
    columns: [
      'id',
      'sku',
      'amount',
      'currency',
      'state',
      'quantity',
      'remaining',
      'held',
      'sold',
      'returned',
      'returnedConfirmed',
      'waitingSince',
      'askedAt',
      'shelveAt',
      'round',
      'opensAt',
      'closesAt',
      'closedAt',
      'payWithinSeconds',
      'createdAt',
      'drained',
      'toldAt',
      'toldVersion',
      'toldDrained',
      'perSecond',
      'version',
    ],
  }),
  claims: collection<Claim>({
    table: 'claims',
    key: ['saleId', 'userId'],
    columns: [
      'saleId',
      'userId',
      'round',
      'lost',
      'wonRound',
      'orderId',
      'win',
      'endReason',
      'address',
      'wonAt',
      'askedAt',
      'version',
    ],
  }),
};

/** The key of a user's row in `claims`. */
export const claimKey = ({ saleId, userId }: { saleId: string; userId: string }): string => `${saleId}/${userId}`;

export type State = StateOf<typeof tables>;
export type Decision<R = unknown> = DecisionOver<R, typeof tables>;
