import { PaymentCaptured, PaymentDeclined, type PaymentResult } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import type { z } from 'zod';
import type { CardOutcome } from './card-gateway.js';
import type { Capture, Decision, Payable, PendingCapture, State } from './tables.js';

/** Records what the card gateway has said; the first answer counts. @throws Error when the capture is unknown */
export function settle(state: State, { orderId, captureId }: { orderId: string; captureId: string }, outcome: CardOutcome, now: Date): Decision<Capture> {
  const [payable, capture] = [state.payables[orderId], state.captures[captureId]];
  if (!payable || !capture) throw new Error(`capture ${captureId} of order ${orderId} is unknown`);
  if (capture.status !== 'pending') return { reply: capture };
  return outcome.status === 'captured' ? captured(payable, capture, outcome.reference, now) : declined(payable, capture, outcome.reason, now);
}

function captured(payable: Payable, pending: PendingCapture, gatewayReference: string, now: Date): Decision<Capture> {
  const { orderId, userId, amount, currency } = payable;
  const capture: Capture = { ...pending, status: 'captured', gatewayReference, settledAt: now, version: pending.version + 1 };
  const paid: Payable = { orderId, userId, amount, currency, status: 'captured', captureId: capture.id, capturingSince: pending.requestedAt, version: payable.version + 1 };
  return {
    state: { payables: { [orderId]: paid }, captures: { [capture.id]: capture } },
    messages: [PaymentCaptured({ orderId, userId, paymentId: capture.id, amount: { amount: capture.amount, currency: capture.currency }, version: paid.version })],
    reply: capture,
  };
}

/** The payable is open again: another try is another capture, with an idempotency key of its own. */
function declined(payable: Payable, pending: PendingCapture, reason: string, now: Date): Decision<Capture> {
  const { orderId, userId, amount, currency } = payable;
  const capture: Capture = { ...pending, status: 'declined', reason, settledAt: now, version: pending.version + 1 };
  const open: Payable = { orderId, userId, amount, currency, status: 'open', captureId: null, capturingSince: null, version: payable.version + 1 };
  return {
    state: { payables: { [orderId]: open }, captures: { [capture.id]: capture } },
    messages: [PaymentDeclined({ orderId, userId, reason, version: open.version })],
    reply: capture,
  };
}

/** What the payer is told. @throws ProblemError 402 declined */
export function resultOf(capture: Capture): z.infer<typeof PaymentResult> {
  if (capture.status === 'declined') throw ProblemError.of(402, 'Payment declined', `The card was declined: ${capture.reason}.`);
  return { status: capture.status };
}
