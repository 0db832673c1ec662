import { describe, expect, it } from 'vitest';
import { adopt, attemptOf, gatewayKeyOf, keyOf, type UnknownCharge } from './charge.js';
import type { Decision, OpenPayable, Payable, State } from './tables.js';

const orderId = '0190a6b0-0000-8000-8000-000000000001';
const userId = '0190a6b0-0000-7000-8000-000000000002';
const noon = new Date('2026-01-01T12:00:00Z');
const open: OpenPayable = {
  ...{ orderId, userId, amount: 4_200, currency: 'USD', status: 'open' },
  ...{ captureId: null, capturingSince: null, payBy: null, lapsedAt: null, attempts: 0, version: 1 },
};
const key = gatewayKeyOf(orderId, 2);
const charge: UnknownCharge = {
  ...{ reference: 'ch_7', key, amount: { amount: 4_200, currency: 'USD' }, refunded: false },
  ...attemptOf(key)!,
};
const stateOf = (payable?: Payable): State => ({ payables: { [orderId]: payable }, captures: {}, failures: {} });
const after = (state: State, { state: changes = {} }: Decision<unknown>): State => ({
  ...state,
  payables: { ...state.payables, ...changes.payables },
  captures: { ...state.captures, ...changes.captures },
});

describe('a charge that no capture is known for', () => {
  it('becomes the payment of the order whose key it has', () => {
    const decision = adopt(stateOf(open), charge, noon);
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
    const state = after(stateOf(open), adopt(stateOf(open), charge, noon));
    expect(adopt(state, charge, noon)).toEqual({ reply: 'adopted' });
  });

  it.each<[string, Payable | undefined, Partial<UnknownCharge>, string]>([
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
    expect(adopt(stateOf(payable), { ...charge, ...change }, noon)).toEqual({ reply });
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
