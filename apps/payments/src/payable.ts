import {
  CapturePayment,
  type Data,
  type GetPayable,
  type Message,
  type OrderPlaced,
  type OrderPriced,
  type Outgoing,
  type Pay,
  PayableOpened,
  type PaymentResult,
  type Reply,
} from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import type { z } from 'zod';
import { refuseCancelled, voided } from './cancellation.js';
import { capturedFact, resultOf } from './capture.js';
import { expectFewFailures, type CardLimits } from './card-failure.js';
import { gatewayKeyOf } from './charge.js';
import type {
  ChargedPayable,
  Decision,
  Keys,
  OpenedPayable,
  OpenPayable,
  Payable,
  PendingCapture,
  State,
} from './tables.js';

/**
 * The card gateway replies within seconds, and retries of its calls end after about a minute; later the capture is
 * sent again. Milliseconds.
 */
const RESEND_AFTER_MS = 60_000;

export const payableKeys = ({ orderId }: { orderId: string }): Keys => ({ payables: [orderId] });

export const chargeKeys = ({ orderId, captureId }: Data<typeof CapturePayment>): Keys => ({
  payables: [orderId],
  captures: [captureId],
});

/**
 * On `order.placed` with a total, and on `order.priced`: opens the payable for the final total until the end of its
 * window, unless the order has ended before. Nothing is opened for a total of 0. A second fact comes when orders may
 * have missed the reply, and gets it again.
 */
export function openPayable(
  state: State,
  { orderId, userId, total, payWithinSeconds }: Data<typeof OrderPlaced | typeof OrderPriced>,
  now: Date,
): Decision {
  const existing = state.payables[orderId];
  if (existing && existing.status !== 'unopened') return reply(existing);
  if (!total?.amount) return {};
  const payBy = payWithinSeconds === undefined ? null : new Date(now.getTime() + payWithinSeconds * 1_000);
  const payable: Payable = {
    orderId,
    userId,
    ...total,
    status: 'open',
    captureId: null,
    capturingSince: null,
    payBy,
    lapsedAt: null,
    attempts: existing?.attempts ?? 0,
    version: (existing?.version ?? 0) + 1,
  };
  return { state: { payables: { [orderId]: payable } }, messages: [openedFact(payable)] };
}

function openedFact({ orderId, userId, amount, currency, payBy, version }: OpenPayable | ChargedPayable): Outgoing {
  const until = payBy && { payBy: payBy.toISOString() };
  return PayableOpened({ orderId, userId, amount: { amount, currency }, ...until, version });
}

/** What became of the payable, as far as its order has not ended: that comes in reply to `order.cancelled`. */
function reply(payable: OpenedPayable): Decision {
  switch (payable.status) {
    case 'open':
    case 'capturing':
      return { messages: [openedFact(payable)] };
    case 'captured':
      return { messages: [capturedFact(payable)] };
    case 'voided':
      return payable.lapsedAt ? { messages: [voided(payable)] } : {};
    case 'voiding':
    case 'refunding':
    case 'refunded':
      return {};
  }
}

export const payKeys = ({ id, data: { orderId, userId } }: Message<typeof Pay>): Keys => ({
  payables: [orderId],
  captures: [id],
  failures: [userId],
});

/** `at`: when the request was accepted. `now`: when it is decided. */
export interface Instants {
  at: Date;
  now: Date;
}

/**
 * Begins a payment. The request's id becomes the capture's, so the same request twice is one capture. A request
 * accepted before the end of the window is in time, also when it is handled later, as long as the payable is open.
 * @throws ProblemError 404 no such payable for this user; 409 paid already, cancelled, too late or nothing to pay;
 * 402 this very request was declined before
 */
export function pay(
  state: State,
  request: Data<typeof Pay>,
  requestId: string,
  { at, now }: Instants,
): Decision<z.infer<typeof PaymentResult>> {
  const payable = state.payables[request.orderId];
  if (!payable || payable.status === 'unopened' || payable.userId !== request.userId)
    throw ProblemError.of(404, 'Nothing to pay', `There is nothing to pay for order ${request.orderId}.`);
  const earlier = state.captures[requestId];
  if (earlier) return { reply: resultOf({ payable, capture: earlier }) };
  refuseCancelled(payable);
  switch (payable.status) {
    case 'open':
      if (payable.amount === 0) throw ProblemError.of(409, 'Nothing to pay', `Order ${request.orderId} costs nothing.`);
      refuseLate(payable, at);
      return begin(payable, request.cardToken, requestId, now);
    case 'capturing':
      return wait(payable, now);
    case 'captured':
    case 'voiding':
    case 'voided':
    case 'refunding':
    case 'refunded':
      throw ProblemError.of(409, 'Already paid', `Order ${request.orderId} is paid.`);
  }
}

/** Begins a payment as `pay` does, unless too many cards have failed. @throws ProblemError also 429 with `retryAfter` */
export function payWithinLimits(
  state: State,
  request: Data<typeof Pay>,
  requestId: string,
  limits: CardLimits,
  instants: Instants,
): Decision<z.infer<typeof PaymentResult>> {
  expectFewFailures(state, request, requestId, limits, instants.now);
  return pay(state, request, requestId, instants);
}

function refuseLate({ orderId, payBy }: OpenPayable, acceptedAt: Date): void {
  if (payBy && acceptedAt >= payBy)
    throw ProblemError.of(409, 'Too late to pay', `Order ${orderId} was to be paid by ${payBy.toISOString()}.`);
}

/** Commits the intent before the gateway is called, so that a crash repeats the call and never loses it. */
function begin(open: OpenPayable, cardToken: string, captureId: string, now: Date): Decision<never> {
  const { orderId, amount, currency } = open;
  const attempts = (open.attempts ?? 0) + 1;
  const charged = { status: 'capturing', captureId, capturingSince: now, attempts } as const;
  const payable: Payable = { ...open, ...charged, version: open.version + 1 };
  const capture: PendingCapture = {
    id: captureId,
    orderId,
    amount,
    currency,
    cardToken,
    gatewayKey: gatewayKeyOf(orderId, attempts),
    requestedAt: now,
    status: 'pending',
    gatewayReference: null,
    reason: null,
    settledAt: null,
    version: 1,
  };
  return {
    state: { payables: { [orderId]: payable }, captures: { [captureId]: capture } },
    messages: [CapturePayment({ orderId, captureId }, { delegate: true })],
  };
}

/**
 * A capture is running. One without a reply for too long is sent again under the same id: the gateway captures the
 * money once.
 */
function wait(payable: ChargedPayable, now: Date): Decision<z.infer<typeof PaymentResult>> {
  if (now.getTime() - payable.capturingSince.getTime() < RESEND_AFTER_MS) return { reply: { status: 'pending' } };
  const { orderId, captureId } = payable;
  const resent: Payable = { ...payable, capturingSince: now, version: payable.version + 1 };
  return {
    state: { payables: { [orderId]: resent } },
    messages: [CapturePayment({ orderId, captureId }, { delegate: true })],
  };
}

/** The id of no request. */
const NO_REQUEST = '00000000-0000-0000-0000-000000000000';

/**
 * Whether the order can be paid now, checked before the card's data is read.
 * @throws ProblemError the problem of the payment itself: 404, 409; 429 too many cards have failed
 */
export function payableNow(
  state: State,
  about: Data<typeof GetPayable>,
  limits: CardLimits,
  instants: Instants,
): Reply<typeof GetPayable> {
  payWithinLimits(state, { ...about, cardToken: '' }, NO_REQUEST, limits, instants);
  return { status: state.payables[about.orderId]?.status === 'capturing' ? 'capturing' : 'open' };
}
