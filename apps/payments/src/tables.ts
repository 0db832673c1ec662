import { collection, type Decision as DecisionOver, type State as StateOf } from '@sluice/persistence';

interface Debt {
  orderId: string;
  userId: string;
  /** Cents. */
  amount: number;
  currency: string;
  /** The end of the payment window; null for orders priced before windows were part of `order.priced`. */
  payBy: Date | null;
  /** When the window ended while a capture was running: if that is declined, the payable is closed. */
  lapsedAt: Date | null;
  version: number;
}

export interface OpenPayable extends Debt {
  status: 'open';
  captureId: null;
  capturingSince: null;
}

/** `voiding`: the order was cancelled while the capture runs, so its outcome decides whether money has to go back. */
export interface ChargedPayable extends Debt {
  status: 'capturing' | 'captured' | 'voiding' | 'refunded';
  captureId: string;
  /** While the capture runs: when the card gateway was last asked for it. */
  capturingSince: Date;
}

/** The card gateway has been asked to give the money back, or is going to be. */
export interface RefundingPayable extends Omit<ChargedPayable, 'status'> {
  status: 'refunding';
  /** Null, here and below, in rows of versions that did not keep it. */
  refundingSince: Date | null;
  /** When the gateway was last asked. */
  refundAskedAt: Date | null;
  /** Why the gateway refuses for good, until a person has it asked again. */
  refundRefusal: string | null;
}

/** Cancelled and not paid. Without an amount: cancelled before the total was known. */
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
  version: number;
}

/** What one order has to pay. While a capture runs, and after it has succeeded, the payable names it. */
export type Payable = OpenPayable | ChargedPayable | RefundingPayable | VoidedPayable;

interface Attempt {
  id: string;
  orderId: string;
  /** Cents. */
  amount: number;
  currency: string;
  /** What the card gateway gave for the card's number; the number itself is nowhere. */
  cardToken: string;
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

/** Taken, and given back in full. */
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

/** One try to take the money. Its id is the idempotency key at the card gateway. */
export type Capture = PendingCapture | SettledCapture | RefundedCapture | DeclinedCapture;

/** Cards that were declined or unknown, the latest last. */
export interface CardFailures {
  userId: string;
  /** `at`: RFC 3339. */
  failures: { orderId: string; at: string }[];
  version: number;
}

/** A capture, and the payable it is for. */
export interface Charge {
  payable: Payable;
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
  failures: collection<CardFailures>({
    table: 'card_failures',
    key: 'userId',
    columns: ['userId', 'failures', 'version'],
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
      'version',
    ],
  }),
};

export type State = StateOf<typeof tables>;
export type Decision<R = unknown> = DecisionOver<R, typeof tables>;
