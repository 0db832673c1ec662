import { describe, expect, it } from 'vitest';
import { resendCapture, resendRefund } from './resend.js';
import { cancelPayable } from './cancellation.js';
import { recordOutcome } from './capture.js';
import { openPayable as openBy, pay as payAt } from './payable.js';
import { refund, refundRefused } from './refund.js';
import type { Decision, State } from './tables.js';

const orderId = '0190a6b0-0000-8000-8000-000000000001';
const userId = '0190a6b0-0000-7000-8000-000000000002';
const captureId = '0190a6b0-0000-7000-8000-00000000000a';
const noon = new Date('2026-01-01T12:00:00Z');
const later = (seconds: number): Date => new Date(noon.getTime() + seconds * 1000);
const asking = { orderId, afterMs: 120_000 };
const intent = { orderId, captureId };

const after = (state: State, { state: changes = {} }: Decision<unknown>): State => ({
  payables: { ...state.payables, ...changes.payables },
  captures: { ...state.captures, ...changes.captures },
  failures: { ...state.failures, ...changes.failures },
});
const sent = ({ messages = [] }: Decision<unknown>) =>
  messages.map(({ contract, data, delegate }) => ({
    type: contract.type,
    ...(data as object),
    ...(delegate && { delegate }),
  }));
const cancelled = (state: State, at: Date): State =>
  after(
    state,
    cancelPayable(state, { orderId, userId, version: 4, lines: [], allocation: [], reason: 'customer' }, at),
  );

const openPayable = (state: State, order: Parameters<typeof openBy>[1]): Decision<unknown> =>
  openBy(state, order, noon);
const pay = (state: State, request: Parameters<typeof payAt>[1], id: string, now: Date): Decision<unknown> =>
  payAt(state, request, id, { at: now, now });
const nothing: State = { payables: {}, captures: {}, failures: {} };
const open = after(
  nothing,
  openPayable(nothing, { orderId, userId, total: { amount: 4_200, currency: 'USD' }, version: 2 }),
);
const capturing = after(open, pay(open, { orderId, userId, cardToken: 'tok' }, captureId, noon));
const voiding = cancelled(capturing, later(1));
const paid = after(capturing, recordOutcome(capturing, intent, { status: 'captured', reference: 'ref' }, later(1)));
const declined = after(capturing, recordOutcome(capturing, intent, { status: 'declined', reason: 'no' }, later(1)));
const refunding = cancelled(paid, noon);
const refunded = after(refunding, refund(refunding, intent, { reference: 're' }, later(1)));

describe('a capture without an outcome', () => {
  it.each(Object.entries({ capturing, voiding }))(
    'is requested again when it is due, under the same id, and not twice: %s',
    (_, state) => {
      expect(resendCapture(state, asking, later(119))).toEqual({});
      const again = resendCapture(state, asking, later(120));
      expect(sent(again)).toEqual([{ type: 'payments.capture', orderId, captureId }]);
      const resent = after(state, again);
      expect(resent.payables[orderId]).toEqual({
        ...state.payables[orderId],
        capturingSince: later(120),
        version: state.payables[orderId]!.version + 1,
      });
      expect(resendCapture(resent, asking, later(121))).toEqual({});
      expect(sent(resendCapture(resent, asking, later(240)))).toHaveLength(1);
    },
  );

  it.each(Object.entries({ nothing, open, paid, declined, refunding, refunded }))(
    'there is none of: %s',
    (_, state) => {
      expect(resendCapture(state, asking, later(9_999))).toEqual({});
    },
  );
});

describe('a refund without a confirmation', () => {
  it('is requested again when it is due, and not twice', () => {
    expect(resendRefund(refunding, asking, later(119))).toEqual({});
    const again = resendRefund(refunding, asking, later(120));
    expect(sent(again)).toEqual([{ type: 'payments.refund', orderId, captureId }]);
    const resent = after(refunding, again);
    expect(resent.payables[orderId]).toMatchObject({
      status: 'refunding',
      refundingSince: noon,
      refundAskedAt: later(120),
      version: refunding.payables[orderId]!.version + 1,
    });
    expect(resendRefund(resent, asking, later(121))).toEqual({});
  });

  it('is requested again also when an older version did not store its beginning', () => {
    const old = { ...refunding.payables[orderId]!, refundingSince: null, refundAskedAt: null } as NonNullable<
      State['payables'][string]
    >;
    const again = resendRefund({ ...refunding, payables: { [orderId]: old } }, asking, later(9_999));
    expect(sent(again)).toHaveLength(1);
    expect(again.state!.payables![orderId]).toMatchObject({
      refundingSince: later(9_999),
      refundAskedAt: later(9_999),
    });
  });

  it('waits for an operator when it is refused for good, and can still be redriven', () => {
    const refused = after(refunding, refundRefused(refunding, intent, 'too old'));
    expect(refused.payables[orderId]).toMatchObject({ status: 'refunding', refundRefusal: 'too old' });
    expect(resendRefund(refused, asking, later(9_999))).toEqual({});
    const done = after(refused, refund(refused, intent, { reference: 're' }, later(10)));
    expect(done.payables[orderId]).toMatchObject({ status: 'refunded', refundRefusal: null });
  });

  it('is not recorded as refused when it was confirmed meanwhile', () =>
    expect(refundRefused(refunded, intent, 'late')).toEqual({}));

  it.each(Object.entries({ nothing, open, capturing, voiding, paid, refunded }))(
    'is not requested for: %s',
    (_, state) => {
      expect(resendRefund(state, asking, later(9_999))).toEqual({});
    },
  );
});
