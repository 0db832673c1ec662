import { CapturePayment, type Data, type GetPayable, type OrderPriced, type Pay, PayableOpened, type PaymentResult, type Reply } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import type { z } from 'zod';
import { refuseCancelled } from './cancellation.js';
import { resultOf } from './capture.js';
import { expectFewFailures, type CardLimits } from './card-failures.js';
import type { ChargedPayable, Decision, OpenPayable, Payable, PendingCapture, State } from './tables.js';

/** The card gateway answers in seconds and the retries of its calls are spent after about a minute: silence for longer needs a push. Milliseconds. */
const RESEND_AFTER_MS = 60_000;

/** The order's total is final: it can be paid from now on, unless the order was cancelled before. Nothing is opened where there is nothing to pay. */
export function openPayable(state: State, { orderId, userId, total }: Data<typeof OrderPriced>): Decision {
  if (state.payables[orderId] || total.amount === 0) return {};
  const payable: Payable = { orderId, userId, ...total, status: 'open', captureId: null, capturingSince: null, version: 1 };
  return { state: { payables: { [orderId]: payable } }, messages: [PayableOpened({ orderId, userId, amount: total, version: 1 })] };
}

/**
 * The user wants to pay. The request's own id becomes the capture's, so the same request twice is one capture.
 * @throws ProblemError 404 no such payable for this user, 409 paid already, cancelled or nothing to pay, 402 this very request was declined before
 */
export function pay(state: State, request: Data<typeof Pay>, requestId: string, now: Date): Decision<z.infer<typeof PaymentResult>> {
  const payable = state.payables[request.orderId];
  if (!payable || payable.userId !== request.userId) throw ProblemError.of(404, 'Nothing to pay', `There is nothing to pay for order ${request.orderId}.`);
  const earlier = state.captures[requestId];
  if (earlier) return { reply: resultOf({ payable, capture: earlier }) };
  refuseCancelled(payable);
  switch (payable.status) {
    case 'open':
      if (payable.amount === 0) throw ProblemError.of(409, 'Nothing to pay', `Order ${request.orderId} costs nothing.`);
      return begin(payable, request.cardToken, requestId, now);
    case 'capturing':
      return wait(payable, now);
    default:
      throw ProblemError.of(409, 'Already paid', `Order ${request.orderId} is paid.`);
  }
}

/** The intent is committed before the gateway is called, so a crash repeats the call and never forgets it. */
function begin({ orderId, userId, amount, currency, version }: OpenPayable, cardToken: string, captureId: string, now: Date): Decision<never> {
  const payable: Payable = { orderId, userId, amount, currency, status: 'capturing', captureId, capturingSince: now, version: version + 1 };
  const capture: PendingCapture = { id: captureId, orderId, amount, currency, cardToken, requestedAt: now, status: 'pending', gatewayReference: null, reason: null, settledAt: null, version: 1 };
  return { state: { payables: { [orderId]: payable }, captures: { [captureId]: capture } }, messages: [CapturePayment({ orderId, captureId }, { delegate: true })] };
}

/** A capture is under way. One that has been silent for too long is asked for again, under the same id: the gateway takes the money once. */
function wait(payable: ChargedPayable, now: Date): Decision<z.infer<typeof PaymentResult>> {
  if (now.getTime() - payable.capturingSince.getTime() < RESEND_AFTER_MS) return { reply: { status: 'pending' } };
  const { orderId, captureId } = payable;
  const asked: Payable = { ...payable, capturingSince: now, version: payable.version + 1 };
  return { state: { payables: { [orderId]: asked } }, messages: [CapturePayment({ orderId, captureId }, { delegate: true })] };
}

/** The id of no request. */
const NO_REQUEST = '00000000-0000-0000-0000-000000000000';

/**
 * Whether the order can be paid now, asked before anybody looks at the card.
 * @throws ProblemError what the payment itself would be refused with: 404, 409; 429 too many cards have failed
 */
export function payableNow(state: State, about: Data<typeof GetPayable>, limits: CardLimits, now: Date): Reply<typeof GetPayable> {
  expectFewFailures(state, about, NO_REQUEST, limits, now);
  pay(state, { ...about, cardToken: '' }, NO_REQUEST, now);
  return { status: state.payables[about.orderId]?.status === 'capturing' ? 'capturing' : 'open' };
}
