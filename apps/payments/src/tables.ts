import { collection, type Decision as DecisionOver, type State as StateOf } from '@sluice/persistence';

interface Debt {
  orderId: string;
  userId: string;
  /** Cents. */
  amount: number;
  currency: string;
  version: number;
}

/** What one order has to pay. While a capture runs, and after it has succeeded, the payable names it. */
export type Payable = Debt & ({ status: 'open'; captureId: null; capturingSince: null } | { status: 'capturing' | 'captured'; captureId: string; capturingSince: Date });

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

export interface DeclinedCapture extends Attempt {
  status: 'declined';
  gatewayReference: null;
  reason: string;
  settledAt: Date;
}

/** One try to take the money. Its id is the idempotency key at the card gateway. */
export type Capture = PendingCapture | SettledCapture | DeclinedCapture;

export const tables = {
  captures: collection<Capture>({
    table: 'captures',
    key: 'id',
    columns: ['id', 'orderId', 'amount', 'currency', 'cardToken', 'status', 'gatewayReference', 'reason', 'requestedAt', 'settledAt', 'version'],
  }),
  payables: collection<Payable>({
    table: 'payables',
    key: 'orderId',
    columns: ['orderId', 'userId', 'amount', 'currency', 'status', 'captureId', 'capturingSince', 'version'],
  }),
};

export type State = StateOf<typeof tables>;
export type Decision<R = unknown> = DecisionOver<R, typeof tables>;
