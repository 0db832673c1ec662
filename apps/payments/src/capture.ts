import {
  type CapturePayment,
  type Data,
  type Outgoing,
  PaymentCaptured,
  PaymentDeclined,
  type PaymentResult,
  RefundPayment,
} from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import type { z } from 'zod';
import { refunding, refuseCancelled, voided } from './cancellation.js';
import { failed } from './card-failure.js';
import type { CardOutcome } from './card-gateway.js';
import type {
  Capture,
  CardFailures,
  Charge,
  ChargedPayable,
  Decision,
  Keys,
  OpenedPayable,
  PendingCapture,
  RefundingPayable,
  State,
} from './tables.js';

/** A declined card counts as a failure of the payer. */
export const outcomeKeys = (
  { orderId, captureId }: Data<typeof CapturePayment>,
  userId: string,
  { status }: CardOutcome,
): Keys => ({
  payables: [orderId],
  captures: [captureId],
  ...(status === 'declined' && { failures: [userId] }),
});

/**
 * Records the card gateway's outcome; the first one counts. Money captured for an order cancelled meanwhile is
 * refunded at once.
 * @throws Error when there is no such capture
 */
export function recordOutcome(
  state: State,
  { orderId, captureId }: Data<typeof CapturePayment>,
  outcome: CardOutcome,
  now: Date,
): Decision<Charge> {
  const [payable, capture] = [state.payables[orderId], state.captures[captureId]];
  if (!payable || payable.status === 'unopened' || !capture)
    throw new Error(`capture ${captureId} of order ${orderId} is unknown`);
  if (capture.status !== 'pending') return { reply: { payable, capture } };
  if (payable.status !== 'capturing' && payable.status !== 'voiding')
    throw new Error(`capture ${captureId} is pending, and order ${orderId} is ${payable.status}`);
  return outcome.status === 'captured'
    ? captured(payable, capture, outcome.reference, now)
    : declined(state, payable, capture, outcome.reason, now);
}

function captured(
  payable: ChargedPayable,
  pending: PendingCapture,
  gatewayReference: string,
  now: Date,
): Decision<Charge> {
  const { orderId } = payable;
  const cancelled = payable.status === 'voiding';
  const charged = {
    ...payable,
    captureId: pending.id,
    capturingSince: pending.requestedAt,
    version: payable.version + 1,
  };
  const capture: Capture = {
    ...pending,
    status: 'captured',
    gatewayReference,
    settledAt: now,
    version: pending.version + 1,
  };
  const paid: ChargedPayable | RefundingPayable = cancelled
    ? refunding(charged, now)
    : { ...charged, status: 'captured' };
  const fact = capturedFact(paid);
  return {
    ...changed(paid, capture),
    messages: cancelled ? [fact, RefundPayment({ orderId, captureId: capture.id })] : [fact],
  };
}

export const capturedFact = (paid: ChargedPayable | RefundingPayable): Outgoing =>
  PaymentCaptured({
    orderId: paid.orderId,
    userId: paid.userId,
    paymentId: paid.captureId,
    amount: { amount: paid.amount, currency: paid.currency },
    version: paid.version,
  });

/**
 * Opens the payable again: another try is another capture, with its own idempotency key. If the window has ended
 * meanwhile or the order was cancelled, the payable is voided instead: nothing was captured, and no other card is
 * needed.
 */
function declined(
  state: State,
  payable: ChargedPayable,
  pending: PendingCapture,
  reason: string,
  now: Date,
): Decision<Charge> {
  const { orderId, userId } = payable;
  const capture: Capture = { ...pending, status: 'declined', reason, settledAt: now, version: pending.version + 1 };
  const unpaid = { ...payable, captureId: null, capturingSince: null, version: payable.version + 1 };
  const failures = { [userId]: failed(state, payable, now) };
  if (payable.status === 'voiding') return changed({ ...unpaid, status: 'voided' }, capture, failures);
  const after: OpenedPayable = { ...unpaid, status: payable.lapsedAt ? 'voided' : 'open' };
  const fact = PaymentDeclined({ orderId, userId, reason, version: after.version });
  return { ...changed(after, capture, failures), messages: payable.lapsedAt ? [fact, voided(after)] : [fact] };
}

const changed = (
  payable: OpenedPayable,
  capture: Capture,
  failures: Record<string, CardFailures> = {},
): Decision<Charge> => ({
  state: { payables: { [payable.orderId]: payable }, captures: { [capture.id]: capture }, failures },
  reply: { payable, capture },
});

/** The reply to the payer. @throws ProblemError 409 the order is cancelled, 402 declined */
export function resultOf({ payable, capture }: Charge): z.infer<typeof PaymentResult> {
  refuseCancelled(payable);
  if (capture.status === 'declined')
    throw ProblemError.of(402, 'Payment declined', `The card was declined: ${capture.reason}.`);
  return { status: capture.status === 'pending' ? 'pending' : 'captured' };
}
