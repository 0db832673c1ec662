import { CapturePayment, RefundPayment } from '@sluice/contracts';
import type { Decision, State } from './tables.js';

/** Minimum interval between two requests; the row keeps the time, so that it holds however many processes sweep. */
export interface Resend {
  orderId: string;
  afterMs: number;
}

/** A capture without an outcome for too long: the card gateway is called again, under the same key. */
export function resendCapture(state: State, { orderId, afterMs }: Resend, now: Date): Decision {
  const payable = state.payables[orderId];
  if (payable?.status !== 'capturing' && payable?.status !== 'voiding') return {};
  if (!isOver(payable.capturingSince, afterMs, now)) return {};
  const resent = { ...payable, capturingSince: now, version: payable.version + 1 };
  return {
    state: { payables: { [orderId]: resent } },
    messages: [CapturePayment({ orderId, captureId: payable.captureId })],
  };
}

/** A refund without a confirmation for too long is requested again. One refused for good waits for an operator. */
export function resendRefund(state: State, { orderId, afterMs }: Resend, now: Date): Decision {
  const payable = state.payables[orderId];
  if (payable?.status !== 'refunding' || payable.refundRefusal !== null) return {};
  if (!isOver(payable.refundAskedAt ?? payable.capturingSince, afterMs, now)) return {};
  const resent = {
    ...payable,
    refundingSince: payable.refundingSince ?? now,
    refundAskedAt: now,
    version: payable.version + 1,
  };
  return {
    state: { payables: { [orderId]: resent } },
    messages: [RefundPayment({ orderId, captureId: payable.captureId })],
  };
}

const isOver = (since: Date, ms: number, now: Date): boolean => now.getTime() - since.getTime() >= ms;
