import { CapturePayment, RefundPayment } from '@sluice/contracts';
import type { Decision, State } from './tables.js';

/** Nobody asks more often than this, which the row remembers, however many look for what is overdue. */
export interface Resend {
  orderId: string;
  afterMs: number;
}

/** The capture of the order has had no outcome for too long: the card gateway is asked again, under the same key. */
export function resendCapture(state: State, { orderId, afterMs }: Resend, now: Date): Decision {
  const payable = state.payables[orderId];
  if (payable?.status !== 'capturing' && payable?.status !== 'voiding') return {};
  if (!isOver(payable.capturingSince, afterMs, now)) return {};
  const asked = { ...payable, capturingSince: now, version: payable.version + 1 };
  return {
    state: { payables: { [orderId]: asked } },
    messages: [CapturePayment({ orderId, captureId: payable.captureId })],
  };
}

/** The money of the order has been on its way back for too long. What was refused for good waits for a person. */
export function resendRefund(state: State, { orderId, afterMs }: Resend, now: Date): Decision {
  const payable = state.payables[orderId];
  if (payable?.status !== 'refunding' || payable.refundRefusal !== null) return {};
  if (!isOver(payable.refundAskedAt ?? payable.capturingSince, afterMs, now)) return {};
  const asked = {
    ...payable,
    refundingSince: payable.refundingSince ?? now,
    refundAskedAt: now,
    version: payable.version + 1,
  };
  return {
    state: { payables: { [orderId]: asked } },
    messages: [RefundPayment({ orderId, captureId: payable.captureId })],
  };
}

const isOver = (since: Date, ms: number, now: Date): boolean => now.getTime() - since.getTime() >= ms;
