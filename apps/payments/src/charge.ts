import { v5 } from 'uuid';
import { capturedFact } from './capture.js';
import type { CardCapture } from './card-gateway.js';
import { refunded } from './refund.js';
import type {
  Capture,
  Decision,
  Keys,
  OpenPayable,
  Payable,
  SettledCapture,
  State,
  UnopenedPayable,
} from './tables.js';

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

/** A charge of the card gateway, as an attempt of an order. */
export interface OrderCharge extends CardCapture {
  orderId: string;
  attempt: number;
}

const adoptedIdOf = ({ key }: CardCapture): string => v5(key, ADOPTED);

/** `captureId`: of the capture that was made under the charge's key, as far as one is known. */
export const chargedKeys = (charge: OrderCharge, captureId: string | undefined): Keys => ({
  payables: [charge.orderId],
  captures: [captureId ?? adoptedIdOf(charge)],
});

/**
 * `known`: its attempt was made here since the charge was looked up, or its key is spent. `returned`: its order is
 * cancelled. `busy`: a payment of the order is running. `stray`: nothing waits for the money.
 */
export type Comparison = 'adopted' | 'known' | 'returned' | 'busy' | 'stray';

/**
 * Takes a charge for the payment of its order: the customer has paid, and the database was restored to a time before.
 * Only if the order can still be paid.
 * @param refund the charge goes back if it is a stray one: nobody shall pay under its key then
 */
export function adopt(state: State, charge: OrderCharge, refund: boolean, now: Date): Decision<Comparison> {
  const payable = state.payables[charge.orderId];
  if (state.captures[adoptedIdOf(charge)]) return { reply: 'adopted' };
  if (payable?.status === 'capturing' || payable?.status === 'voiding') return { reply: 'busy' };
  if ((payable?.attempts ?? 0) >= charge.attempt) return { reply: 'known' };
  if (isPaidBy(payable, charge)) return adopted(payable, charge, now);
  return refund ? { ...spent(payable, charge), reply: 'stray' } : { reply: 'stray' };
}

/**
 * The gateway has given the charge back, at a time that the restored database does not know. An order that counts as
 * paid by it was cancelled: the refund is recorded, and orders hears of it. Another one is to be paid by a new charge.
 */
export function giveUp(
  state: State,
  charge: OrderCharge,
  captureId: string | undefined,
  now: Date,
): Decision<Comparison> {
  const [payable, capture] = [state.payables[charge.orderId], state.captures[captureId ?? '']];
  if (capture?.status === 'pending') return { reply: 'busy' };
  if (payable?.status === 'captured' && capture?.status === 'captured' && payable.captureId === capture.id)
    return { ...refunded({ payable, capture }, charge.reference, now), reply: 'returned' };
  return { ...spent(payable, charge), reply: 'known' };
}

/** In these statuses another attempt to pay may come. */
const PAYABLE: readonly Payable['status'][] = ['unopened', 'open', 'capturing'];

/** A payment under the charge's key would be answered with this charge: the next one gets a later key. */
function spent(payable: Payable | undefined, { orderId, attempt }: OrderCharge): Decision {
  const isLate = payable && !PAYABLE.includes(payable.status);
  if (isLate || (payable?.attempts ?? 0) >= attempt) return {};
  const after = payable ? { ...payable, attempts: attempt, version: payable.version + 1 } : unopened(orderId, attempt);
  return { state: { payables: { [orderId]: after } } };
}

function unopened(orderId: string, attempts: number): UnopenedPayable {
  const nothing = { userId: null, amount: null, currency: null, captureId: null, capturingSince: null };
  return { orderId, ...nothing, status: 'unopened', payBy: null, lapsedAt: null, attempts, version: 1 };
}

const isPaidBy = (payable: Payable | undefined, { amount }: OrderCharge): payable is OpenPayable =>
  payable?.status === 'open' && payable.amount === amount.amount && payable.currency === amount.currency;

function adopted(open: OpenPayable, charge: OrderCharge, now: Date): Decision<Comparison> {
  const { orderId, amount, currency } = open;
  const capture: SettledCapture = {
    ...{ id: adoptedIdOf(charge), orderId, amount, currency, cardToken: '', gatewayKey: charge.key },
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
