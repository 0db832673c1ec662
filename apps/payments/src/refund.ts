import type { Data, RefundPayment } from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import { refundedFact } from './cancellation.js';
import type { RefundReceipt } from './card-gateway.js';
import type {
  Charge,
  ChargedPayable,
  Decision,
  RefundedCapture,
  RefundingPayable,
  SettledCapture,
  State,
} from './tables.js';

/** The capture to refund now; undefined when it is refunded already. @throws PermanentError it is not to be refunded */
export function refundable({
  payable,
  capture,
}: Charge): { payable: RefundingPayable; capture: SettledCapture } | undefined {
  if (capture.status === 'refunded') return undefined;
  if (capture.status === 'captured' && payable.status === 'refunding' && payable.captureId === capture.id)
    return { payable, capture };
  throw new PermanentError(
    `capture ${capture.id} is ${capture.status} and its order's payable ${payable.status}: there is nothing to give back`,
  );
}

/** Records once that the card gateway refunds the money. @throws PermanentError the money is not to be refunded */
export function refund(
  state: State,
  { orderId, captureId }: Data<typeof RefundPayment>,
  { reference }: RefundReceipt,
  now: Date,
): Decision {
  const [stored, attempt] = [state.payables[orderId], state.captures[captureId]];
  if (!stored || stored.status === 'unopened' || !attempt)
    throw new PermanentError(`capture ${captureId} of order ${orderId} is unknown`);
  const charge = refundable({ payable: stored, capture: attempt });
  if (!charge) return {};
  return refunded(charge, reference, now);
}

/** @param reference the gateway's, of the refund or of the charge that it has given back */
export function refunded(
  { payable, capture }: { payable: ChargedPayable | RefundingPayable; capture: SettledCapture },
  reference: string,
  now: Date,
): Decision {
  const closed = { ...payable, status: 'refunded' as const, refundRefusal: null, version: payable.version + 1 };
  const givenBack: RefundedCapture = {
    ...capture,
    status: 'refunded',
    refundReference: reference,
    refundedAt: now,
    version: capture.version + 1,
  };
  return {
    state: { payables: { [payable.orderId]: closed }, captures: { [capture.id]: givenBack } },
    messages: [refundedFact(closed)],
  };
}

/** The card gateway has refused the refund for good: it is not requested again automatically. */
export function refundRefused(state: State, { orderId }: Data<typeof RefundPayment>, refundRefusal: string): Decision {
  const payable = state.payables[orderId];
  if (payable?.status !== 'refunding') return {};
  return { state: { payables: { [orderId]: { ...payable, refundRefusal, version: payable.version + 1 } } } };
}
