import {
  collection,
  type Decision as DecisionOver,
  type Keys as KeysOf,
  type State as StateOf,
} from '@sluice/persistence';

interface Debt {
  orderId: string;
  userId: string;
  /** Cents. */
  amount: number;
  currency: string;
  /** The end of the payment window; null for orders priced before windows were part of `order.priced`. */
  payBy: Date | null;
  /** When the window ended during a capture: if the capture is declined, the payable is voided. */
  lapsedAt: Date | null;
  /** How many captures were begun; null: none, or by a version without this column. */
  attempts: number | null;
  version: number;
}

export interface OpenPayable extends Debt {
  status: 'open';
  captureId: null;
  capturingSince: null;
}

/** `voiding`: the order was cancelled during a capture; its outcome decides whether money must be refunded. */
export interface ChargedPayable extends Debt {
  status: 'capturing' | 'captured' | 'voiding' | 'refunded';
  captureId: string;
  /** During a capture: when the card gateway was last called for it. */
  capturingSince: Date;
}

/** The refund was requested from the card gateway, or is about to be. */
export interface RefundingPayable extends Omit<ChargedPayable, 'status'> {
  status: 'refunding';
  /** Null, here and below, in rows of versions without this column. */
  refundingSince: Date | null;
  /** When the gateway was last called. */
  refundAskedAt: Date | null;
  /** Why the gateway refuses for good, until an operator has the refund requested again. */
  refundRefusal: string | null;
}

/** Its order has ended, and was not paid. Without an amount: ended before payments heard of the total. */
export interface VoidedPayable {
  orderId: string;
  userId: string;
  amount: number | null;
  currency: string | null;
  status: 'voided';
  captureId: null;
  capturingSince: null;
  payBy: Date | null;
  lapsedAt: Date | null;
  attempts: number | null;
  version: number;
}

/**
 * Of an order that payments has not heard of: the gateway knows charges of it that were given back. Their keys are
 * spent, for the case that the order comes.
 */
export interface UnopenedPayable {
  orderId: string;
  userId: null;
  amount: null;
  currency: null;
  status: 'unopened';
  captureId: null;
  capturingSince: null;
  payBy: null;
  lapsedAt: null;
  attempts: number;
  version: number;
}

/** The amount that one order has to pay. During a capture and after its success, the payable has the capture's id. */
export type OpenedPayable = OpenPayable | ChargedPayable | RefundingPayable | VoidedPayable;
export type Payable = OpenedPayable | UnopenedPayable;

interface Attempt {
  id: string;
  orderId: string;
  /** Cents. */
  amount: number;
  currency: string;
  /** The card gateway's token of the card; the number itself is stored nowhere. */
  cardToken: string;
  /**
   * The idempotency key at the card gateway. It follows from the order, so that a database that was restored makes the
   * same key again, and the gateway the same charge. Null: the capture's id.
   */
  gatewayKey: string | null;
  requestedAt: Date;
  version: number;
}

export interface PendingCapture extends Attempt {
  status: 'pending';
  gatewayReference: null;
  reason: null;
  settledAt: null;
}

export interface SettledCapture extends Attempt {
  status: 'captured';
  gatewayReference: string;
  reason: null;
  settledAt: Date;
}

/** Captured, and refunded in full. */
export interface RefundedCapture extends Omit<SettledCapture, 'status'> {
  status: 'refunded';
  refundReference: string;
  refundedAt: Date;
}

export interface DeclinedCapture extends Attempt {
  status: 'declined';
  gatewayReference: null;
  reason: string;
  settledAt: Date;
}

/** A try to capture the money. */
export type Capture = PendingCapture | SettledCapture | RefundedCapture | DeclinedCapture;

/** Cards that were declined or unknown, the latest last. */
export interface CardFailures {
  userId: string;
  /** `at`: RFC 3339. */
  failures: { orderId: string; at: string }[];
  version: number;
}

/** A capture and its payable. */
export interface Charge {
  payable: OpenedPayable;
  capture: Capture;
}

export const tables = {
  captures: collection<Capture>({
    table: 'captures',
    key: 'id',
    columns: [
      'id',
      'orderId',
      'amount',
      'currency',
      'cardToken',
      'gatewayKey',
      'status',
      'gatewayReference',
      'reason',
      'requestedAt',
      'settledAt',
      'refundReference',
      'refundedAt',
      'version',
    ],
  }),
  /** A payment that is decided beside the first failure comes before it. */
  failures: collection<CardFailures>({
    table: 'card_failures',
    key: 'userId',
    columns: ['userId', 'failures', 'version'],
    lockAbsent: false,
  }),
  payables: collection<Payable>({
    table: 'payables',
    key: 'orderId',
    columns: [
      'orderId',
      'userId',
      'amount',
      'currency',
      'status',
      'captureId',
      'capturingSince',
      'refundingSince',
      'refundAskedAt',
      'refundRefusal',
      'payBy',
      'lapsedAt',
      'attempts',
      'version',
    ],
  }),
};

export type Keys = KeysOf<typeof tables>;
export type State = StateOf<typeof tables>;
/** Without `R`: there is no reply. */
export type Decision<R = never> = DecisionOver<R, typeof tables>;
