import type { Address, OrderReason, SaleState } from '@sluice/contracts';
import {
  collection,
  type Decision as DecisionOver,
  type Keys as KeysOf,
  type State as StateOf,
} from '@sluice/persistence';

/** A sale: its offer, where its pieces are, and what was last reported. */
export interface Sale {
  id: string;
  sku: string;
  /** Cents. */
  amount: number;
  currency: string;
  state: SaleState;
  /** Always the sum of the next three. */
  quantity: number;
  /** Unsold; after the close they are returned to inventory, and `returned` counts them. */
  remaining: number;
  /** Won and not paid yet. */
  held: number;
  sold: number;
  returned: number;
  /** Part of `returned` that inventory has confirmed. */
  returnedConfirmed: number;
  /**
   * Since when a reply of inventory is due, to the allotment or a return. Null: none is due, or the sale is older
   * than this column.
   */
  waitingSince: Date | null;
  /** When the request was last sent to inventory. */
  askedAt: Date | null;
  /** Until when a closed sale keeps unsold pieces for waiting claims. Null: not closed, or the pieces were returned. */
  shelveAt: Date | null;
  /** How often it has opened. */
  round: number;
  opensAt: Date;
  closesAt: Date;
  /** When an admin closed it before `closesAt`. */
  closedAt: Date | null;
  payWithinSeconds: number;
  createdAt: Date;
  /** Claims decided since it began. */
  drained: number;
  /** When subscribers last received a regular report (`progress.ts`), and its version and count. */
  toldAt: Date;
  toldVersion: number;
  toldDrained: number;
  /** Claims decided per second, as last reported. */
  perSecond: number;
  version: number;
}

/** `no_such_sale`: there is no record of it, or inventory has refused its allotment. */
export type Loss = 'sold_out' | 'closed' | 'not_open' | 'already_won' | 'no_such_sale';

interface Claimant {
  saleId: string;
  userId: string;
  /** Round of the latest decided ticket. */
  round: number;
  version: number;
}

/** A user whose tickets have all lost so far. */
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

/** A user wins once: a later ticket loses, and does not change the win. */
export interface Winner extends Claimant {
  /** Why the latest ticket lost; null: it is the winning one. */
  lost: Loss | null;
  wonRound: number;
  orderId: string;
  /** `held`: not paid yet. `expired`: the piece is back. */
  win: 'held' | 'paid' | 'expired';
  /** Why the order ended, stored when it ends; the piece comes back a little later, or came back before. */
  endReason: OrderReason | null;
  /** The order's address, kept until a fact shows that the order exists: until then it may have to be sent again. */
  address: Address | null;
  /** Null: won before this column existed. */
  wonAt: Date | null;
  /** When the order was last sent to orders. */
  askedAt: Date | null;
}

/** A user's tickets of one sale. */
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

export type Keys = KeysOf<typeof tables>;
export type State = StateOf<typeof tables>;
/** Without `R`: there is no reply. */
export type Decision<R = never> = DecisionOver<R, typeof tables>;
