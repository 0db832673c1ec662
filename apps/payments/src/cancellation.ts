import {
  type Data,
  type OrderCancelled,
  type OrderRejected,
  type Outgoing,
  PayableVoided,
  PaymentRefunded,
  RefundPayment,
} from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import type {
  ChargedPayable,
  Decision,
  OpenedPayable,
  RefundingPayable,
  State,
  UnopenedPayable,
  VoidedPayable,
} from './tables.js';

/**
 * On `order.cancelled` and `order.rejected`: closes the payable and refunds captured money. A running capture is not
 * stopped; its outcome decides whether there is money to refund. A second fact comes when orders may have missed the
 * refund.
 */
export function cancelPayable(
  state: State,
  { orderId, userId }: Data<typeof OrderCancelled | typeof OrderRejected>,
  now: Date,
): Decision {
  const payable = state.payables[orderId];
  if (!payable || payable.status === 'unopened')
    return { state: { payables: { [orderId]: neverOpened({ orderId, userId }, payable) } } };
  switch (payable.status) {
    case 'open':
      return closed({ ...payable, status: 'voided', version: payable.version + 1 });
    case 'capturing':
      return closed({ ...payable, status: 'voiding', version: payable.version + 1 });
    case 'captured':
      return givingBack(payable, now);
    case 'refunded':
      return { messages: [refundedFact(payable)] };
    case 'voiding':
    case 'voided':
    case 'refunding':
      return {};
  }
}

export const refundedFact = ({ orderId, userId, captureId, amount, currency, version }: ChargedPayable): Outgoing =>
  PaymentRefunded({ orderId, userId, paymentId: captureId, amount: { amount, currency }, version });

/** Makes a later fact of the ended order open nothing. */
const neverOpened = (
  { orderId, userId }: { orderId: string; userId: string },
  before: UnopenedPayable | undefined,
): VoidedPayable => {
  const nothing = {
    amount: null,
    currency: null,
    captureId: null,
    capturingSince: null,
    payBy: null,
    lapsedAt: null,
    attempts: null,
  };
  return { orderId, userId, ...nothing, status: 'voided', version: (before?.version ?? 0) + 1 };
};

/** Closes the payable for payments. */
export const closed = (payable: OpenedPayable): Decision => ({
  state: { payables: { [payable.orderId]: payable } },
  messages: [voided(payable)],
});

export const voided = ({ orderId, userId, version }: OpenedPayable): Outgoing =>
  PayableVoided({ orderId, userId, version });

function givingBack(captured: ChargedPayable, now: Date): Decision {
  const { orderId, captureId } = captured;
  const payable = refunding({ ...captured, version: captured.version + 1 }, now);
  return { state: { payables: { [orderId]: payable } }, messages: [RefundPayment({ orderId, captureId })] };
}

/** The payable while a refund is requested from the card gateway. */
export const refunding = (charged: ChargedPayable, now: Date): RefundingPayable => ({
  ...charged,
  status: 'refunding',
  refundingSince: now,
  refundAskedAt: now,
  refundRefusal: null,
});

const CANCELLED: readonly OpenedPayable['status'][] = ['voided', 'voiding', 'refunding', 'refunded'];

/**
 * Refuses payments for a cancelled order, and the reply that one succeeded. @throws ProblemError 409 the order is
 * cancelled
 */
export function refuseCancelled({ orderId, status }: OpenedPayable): void {
  if (CANCELLED.includes(status))
    throw ProblemError.of(
      409,
      'Order cancelled',
      `Order ${orderId} is cancelled; money that was taken for it goes back.`,
    );
}
