import { type Data, type OrderCancelled, type Outgoing, PayableVoided, RefundPayment } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import type { ChargedPayable, Decision, Payable, RefundingPayable, State, VoidedPayable } from './tables.js';

/**
 * The order is cancelled: it cannot be paid any more, and money that was taken goes back. What a running capture brings is
 * not known yet; its outcome decides.
 */
export function cancelPayable(state: State, { orderId, userId }: Data<typeof OrderCancelled>, now: Date): Decision {
  const payable = state.payables[orderId];
  if (!payable) return { state: { payables: { [orderId]: neverOpened(orderId, userId) } } };
  switch (payable.status) {
    case 'open':
      return closed({ ...payable, status: 'voided', version: payable.version + 1 });
    case 'capturing':
      return closed({ ...payable, status: 'voiding', version: payable.version + 1 });
    case 'captured':
      return givingBack(payable, now);
    case 'voiding':
    case 'voided':
    case 'refunding':
    case 'refunded':
      return {};
  }
}

/** Stands in the way of a price that arrives after the cancellation. */
const neverOpened = (orderId: string, userId: string): VoidedPayable => {
  const nothing = { amount: null, currency: null, captureId: null, capturingSince: null, payBy: null, lapsedAt: null };
  return { orderId, userId, ...nothing, status: 'voided', version: 1 };
};

/** Nobody can pay it any more. */
export const closed = (payable: Payable): Decision => ({
  state: { payables: { [payable.orderId]: payable } },
  messages: [voided(payable)],
});

export const voided = ({ orderId, userId, version }: Payable): Outgoing => PayableVoided({ orderId, userId, version });

function givingBack(captured: ChargedPayable, now: Date): Decision {
  const { orderId, captureId } = captured;
  const payable = refunding({ ...captured, version: captured.version + 1 }, now);
  return { state: { payables: { [orderId]: payable } }, messages: [RefundPayment({ orderId, captureId })] };
}

/** The state in which a refund is being asked for. */
export const refunding = (charged: ChargedPayable, now: Date): RefundingPayable => ({
  ...charged,
  status: 'refunding',
  refundingSince: now,
  refundAskedAt: now,
  refundRefusal: null,
});

const CANCELLED: readonly Payable['status'][] = ['voided', 'voiding', 'refunding', 'refunded'];

/** Nobody pays for a cancelled order, and nobody is told that they did. @throws ProblemError 409 the order is cancelled */
export function refuseCancelled({ orderId, status }: Payable): void {
  if (CANCELLED.includes(status))
    throw ProblemError.of(
      409,
      'Order cancelled',
      `Order ${orderId} is cancelled; money that was taken for it goes back.`,
    );
}
