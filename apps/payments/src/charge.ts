import { v5 } from 'uuid';
import { capturedFact } from './capture.js';
import type { CardCapture } from './card-gateway.js';
import type { Capture, Decision, Keys, OpenPayable, Payable, SettledCapture, State } from './tables.js';

/** Namespace of the ids of adopted captures (RFC 9562, section 5.5). */
const ADOPTED = '3c1b1f0e-7f43-4b0e-9d3c-5a1d0f6f4e21';

/** The key of an order's attempt to pay: made again after a restore, it finds the charge of before. */
export const gatewayKeyOf = (orderId: string, attempt: number): string => `${orderId}:${attempt}`;

/** The key under which the card gateway was called for a capture. */
export const keyOf = ({ id, gatewayKey }: Pick<Capture, 'id' | 'gatewayKey'>): string => gatewayKey ?? id;

/** Not the capture's own key: a gateway may keep one set of keys for all its operations. */
export const refundKeyOf = (captureKey: string): string => `${captureKey}:refund`;

/** The order and the attempt of a key; undefined: it is none of `gatewayKeyOf`. */
export function attemptOf(key: string): { orderId: string; attempt: number } | undefined {
  const [, orderId, attempt] = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):(\d{1,9})$/.exec(key) ?? [];
  return orderId === undefined ? undefined : { orderId, attempt: Number(attempt) };
}

/** A charge of the card gateway that no capture is known for, as an attempt of an order. */
export interface UnknownCharge extends CardCapture {
  orderId: string;
  attempt: number;
}

const captureIdOf = ({ key }: CardCapture): string => v5(key, ADOPTED);

export const adoptionKeys = (charge: UnknownCharge): Keys => ({
  payables: [charge.orderId],
  captures: [captureIdOf(charge)],
});

/**
 * `known`: its attempt was made here since the charge was looked up. `busy`: a payment of the order is running. `stray`:
 * nothing waits for the money.
 */
export type Adoption = 'adopted' | 'known' | 'busy' | 'stray';

/**
 * Takes a charge for the payment of its order: the customer has paid, and the database was restored to a time before.
 * Only if the order can still be paid.
 */
export function adopt(state: State, charge: UnknownCharge, now: Date): Decision<Adoption> {
  const payable = state.payables[charge.orderId];
  if (state.captures[captureIdOf(charge)]) return { reply: 'adopted' };
  if (payable?.status === 'capturing' || payable?.status === 'voiding') return { reply: 'busy' };
  if ((payable?.attempts ?? 0) >= charge.attempt) return { reply: 'known' };
  return isPaidBy(payable, charge) ? adopted(payable, charge, now) : { reply: 'stray' };
}

const isPaidBy = (payable: Payable | undefined, { amount }: UnknownCharge): payable is OpenPayable =>
  payable?.status === 'open' && payable.amount === amount.amount && payable.currency === amount.currency;

function adopted(open: OpenPayable, charge: UnknownCharge, now: Date): Decision<Adoption> {
  const { orderId, amount, currency } = open;
  const capture: SettledCapture = {
    ...{ id: captureIdOf(charge), orderId, amount, currency, cardToken: '', gatewayKey: charge.key },
    ...{ requestedAt: now, settledAt: now, status: 'captured' as const },
    ...{ gatewayReference: charge.reference, reason: null },
    version: 1,
  };
  const attempts = Math.max(charge.attempt, open.attempts ?? 0);
  const charged = { status: 'captured', captureId: capture.id, capturingSince: now, attempts } as const;
  const paid = { ...open, ...charged, version: open.version + 1 };
  return {
    state: { payables: { [orderId]: paid }, captures: { [capture.id]: capture } },
    messages: [capturedFact(paid)],
    reply: 'adopted',
  };
}
