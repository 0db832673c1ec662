import { describe, expect, it } from 'vitest';
import { cancelPayable } from './cancellation.js';
import { adopt, attemptOf, gatewayKeyOf, giveUp, keyOf, type OrderCharge } from './charge.js';
import { openPayable, pay } from './payable.js';
import { closePayable } from './payment-window.js';
import type { Capture, ChargedPayable, Decision, OpenPayable, Payable, State } from './tables.js';

const orderId = '0190a6b0-0000-8000-8000-000000000001';
const userId = '0190a6b0-0000-7000-8000-000000000002';
const noon = new Date('2026-01-01T12:00:00Z');
const open: OpenPayable = {
  ...{ orderId, userId, amount: 4_200, currency: 'USD', status: 'open' },
  ...{ captureId: null, capturingSince: null, payBy: null, lapsedAt: null, attempts: 0, version: 1 },
};
const key = gatewayKeyOf(orderId, 2);
const charge: OrderCharge = {
  ...{ reference: 'ch_7', key, amount: { amount: 4_200, currency: 'USD' }, refunded: false },
  ...attemptOf(key)!,
};
const CANCELLATION = { version: 3, lines: [], allocation: [], reason: 'customer' as const };
const stateOf = (payable?: Payable): State => ({ payables: { [orderId]: payable }, captures: {}, failures: {} });
const after = (state: State, { state: changes = {} }: Decision<unknown>): State => ({
  ...state,
  payables: { ...state.payables, ...changes.payables },
  captures: { ...state.captures, ...changes.captures },
});

describe('a charge that no capture is known for', () => {
  it('becomes the payment of the order whose key it has', () => {
    const decision = adopt(stateOf(open), charge, true, noon);
    const [capture] = Object.values(decision.state?.captures ?? {});
    expect(decision.reply).toBe('adopted');
    expect(decision.state?.payables?.[orderId]).toMatchObject({
      status: 'captured',
      captureId: capture?.id,
      attempts: 2,
    });
    expect(capture).toMatchObject({ status: 'captured', gatewayReference: 'ch_7', amount: 4_200, gatewayKey: key });
    expect(decision.messages?.map(({ contract: { type }, data }) => ({ type, data }))).toMatchObject([
      { type: 'payment.captured', data: { paymentId: capture?.id } },
    ]);
  });

  it('is adopted once', () => {
    const state = after(stateOf(open), adopt(stateOf(open), charge, true, noon));
    expect(adopt(state, charge, true, noon)).toEqual({ reply: 'adopted' });
  });

  it.each<[string, Payable | undefined, Partial<OrderCharge>, string]>([
    ['of an order that is not there', undefined, {}, 'stray'],
    ['of another amount', open, { amount: { amount: 4_199, currency: 'USD' } }, 'stray'],
    ['in another currency', open, { amount: { amount: 4_200, currency: 'EUR' } }, 'stray'],
    ['of an order that nobody can pay any more', { ...open, status: 'voided' }, {}, 'stray'],
    [
      'while the order is being paid',
      { ...open, status: 'capturing', captureId: 'c', capturingSince: noon },
      {},
      'busy',
    ],
    ['of an order that is paid', { ...open, status: 'captured', captureId: 'c', capturingSince: noon }, {}, 'stray'],
    [
      'that of the payment of its order, made since it was looked up',
      { ...open, status: 'captured', captureId: 'c', capturingSince: noon, attempts: 2 },
      {},
      'known',
    ],
  ])('changes nothing when it is %s', (_, payable, change, reply) => {
    expect(adopt(stateOf(payable), { ...charge, ...change }, false, noon)).toEqual({ reply });
  });
});

describe('a charge that goes back, or has gone back', () => {
  const captureId = '0190a6b0-0000-7000-8000-000000000003';
  const capture: Capture = {
    ...{ id: captureId, orderId, amount: 4_200, currency: 'USD', cardToken: 'tok', gatewayKey: key },
    ...{ requestedAt: noon, settledAt: noon, status: 'captured', gatewayReference: 'ch_7', reason: null, version: 2 },
  };
  const paid: ChargedPayable = { ...open, status: 'captured', captureId, capturingSince: noon, attempts: 2 };
  const back = { ...charge, refunded: true };
  const stateWith = (payable: Payable, known: Capture): State => ({
    ...stateOf(payable),
    captures: { [captureId]: known },
  });
  const pricedAfter = (decision: Decision<unknown>) =>
    openPayable(
      after(stateOf(), decision),
      { orderId, userId, total: { amount: 4_200, currency: 'USD' }, version: 2 },
      noon,
    );

  it.each<[string, number | undefined, Payable | undefined]>([
    ['that can still be paid', 2, open],
    ['that has not come yet', 2, undefined],
    ['whose other card is being charged', 2, { ...open, status: 'capturing', captureId: 'c', capturingSince: noon }],
    ['that is paid by a later charge', undefined, { ...paid, attempts: 3 }],
    ['that is cancelled', undefined, { ...open, status: 'voided' }],
  ])('spends its key, of an order %s', (_, attempts, payable) => {
    const { state, messages, reply } = giveUp(stateOf(payable), back, undefined, noon);
    expect([state?.payables?.[orderId]?.attempts, messages, reply]).toEqual([attempts, undefined, 'known']);
  });

  it.each([
    ['open', open, 'stray'],
    ['not there', undefined, 'stray'],
  ])('spends its key before its money goes back, of an order that is %s', (_, payable, reply) => {
    const other = { ...charge, amount: { amount: 1, currency: 'USD' } };
    const decision = adopt(stateOf(payable), other, true, noon);
    expect([decision.state?.payables?.[orderId]?.attempts, decision.reply]).toEqual([2, reply]);
  });

  it('leaves an order that comes later the next key', () => {
    const { state, messages } = pricedAfter(giveUp(stateOf(), back, undefined, noon));
    expect(state?.payables?.[orderId]).toMatchObject({ status: 'open', userId, attempts: 2, version: 2 });
    expect(messages?.map(({ contract }) => contract.type)).toEqual(['payable.opened']);
  });

  it('lets nobody pay an order that has not come, and takes its cancellation first', () => {
    const state = after(stateOf(), giveUp(stateOf(), back, undefined, noon));
    const request = { orderId, userId, cardToken: 'tok' };
    expect(() => pay(state, request, captureId, { at: noon, now: noon })).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ status: 404 }) }),
    );
    expect(closePayable(state, { orderId }, noon)).toEqual({});
    const cancelled = cancelPayable(state, { ...request, ...CANCELLATION }, noon);
    expect(cancelled.state?.payables?.[orderId]).toMatchObject({ status: 'voided', userId, version: 2 });
  });

  it('makes an order unpaid that counts as paid by it, and says so', () => {
    const { state, messages, reply } = giveUp(stateWith(paid, capture), back, captureId, noon);
    expect(reply).toBe('returned');
    expect(state?.payables?.[orderId]).toMatchObject({ status: 'refunded', version: 2 });
    expect(state?.captures?.[captureId]).toMatchObject({ status: 'refunded', refundedAt: noon, version: 3 });
    expect(messages?.map(({ contract: { type }, data }) => ({ type, data }))).toMatchObject([
      { type: 'payment.refunded', data: { orderId, paymentId: captureId } },
    ]);
  });

  it('is looked at again when the payment under its key has ended', () => {
    const pending: Capture = { ...capture, status: 'pending', gatewayReference: null, settledAt: null };
    const capturing: Payable = { ...paid, status: 'capturing' };
    expect(giveUp(stateWith(capturing, pending), back, captureId, noon)).toEqual({ reply: 'busy' });
  });
});

describe('the key of a charge', () => {
  it('names its order and its attempt', () =>
    expect(attemptOf(gatewayKeyOf(orderId, 12))).toEqual({ orderId, attempt: 12 }));

  it.each(['', orderId, `${orderId}:`, `x${orderId}:1`, `${orderId}:1:refund`])('is none of an order: %j', (text) =>
    expect(attemptOf(text)).toBeUndefined(),
  );

  it('is the id of a capture of the version before', () => expect(keyOf({ id: 'a', gatewayKey: null })).toBe('a'));
});
