import type { Data, OrderCancelled } from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cancelPayable } from './cancellation.js';
import { resultOf, recordOutcome } from './capture.js';
import type { CardOutcome } from './card-gateway.js';
import { openPayable as openBy, pay as payAt } from './payable.js';
import { refund, refundable } from './refund.js';
import type { Decision, OpenedPayable, State } from './tables.js';

const orderId = '0190a6b0-0000-8000-8000-000000000001';
const userId = '0190a6b0-0000-7000-8000-000000000002';
const [first, second] = ['0190a6b0-0000-7000-8000-00000000000a', '0190a6b0-0000-7000-8000-00000000000b'];
const total = { amount: 4_200, currency: 'USD' };
const noon = new Date('2026-01-01T12:00:00Z');
const later = (seconds: number): Date => new Date(noon.getTime() + seconds * 1000);

const openPayable = (state: State, order: Parameters<typeof openBy>[1]): Decision<unknown> =>
  openBy(state, order, noon);
const pay = (state: State, request: Parameters<typeof payAt>[1], id: string, now: Date): Decision<unknown> =>
  payAt(state, request, id, { at: now, now });
const nothing: State = { payables: {}, captures: {}, failures: {} };
const after = (state: State, { state: changes = {} }: Decision<unknown>): State => ({
  payables: { ...state.payables, ...changes.payables },
  captures: { ...state.captures, ...changes.captures },
  failures: { ...state.failures, ...changes.failures },
});
const sent = ({ messages = [] }: Decision<unknown>) =>
  messages.map(({ contract, data }) => ({ type: contract.type, ...(data as object) }));
const chargeIn = ({ payables, captures }: State) => ({
  payable: payables[orderId] as OpenedPayable,
  capture: captures[first]!,
});
const statusOf = (state: State) => state.payables[orderId]?.status;
const problem = (status: number, title: string) =>
  expect.objectContaining({ problem: expect.objectContaining({ status, title }) });

const priced = { orderId, userId, total, version: 2 };
const request = { orderId, userId, cardToken: 'tok' };
const intent = { orderId, captureId: first };
const cancellation: Data<typeof OrderCancelled> = {
  orderId,
  userId,
  version: 4,
  lines: [],
  allocation: [],
  reason: 'payment_timeout',
};
const yes: CardOutcome = { status: 'captured', reference: 'ref' };
const no: CardOutcome = { status: 'declined', reason: 'insufficient funds' };
const receipt = { reference: 're_1' };

const open = after(nothing, openPayable(nothing, priced));
const capturing = after(open, pay(open, request, first, noon));
const paid = after(capturing, recordOutcome(capturing, intent, yes, later(1)));
const cancelled = (state: State): State => after(state, cancelPayable(state, cancellation, later(5)));
const voiding = cancelled(capturing);
const refunding = cancelled(paid);
const refunded = after(refunding, refund(refunding, intent, receipt, later(9)));

describe('the cancellation of an order', () => {
  it('closes an open payable for payments', () => {
    expect(sent(cancelPayable(open, cancellation, noon))).toEqual([
      { type: 'payable.voided', orderId, userId, version: 2 },
    ]);
    expect(statusOf(cancelled(open))).toBe('voided');
    expect(() => pay(cancelled(open), request, first, noon)).toThrow(problem(409, 'Order cancelled'));
  });

  it('lets a price that arrives after it open nothing', () => {
    const early = cancelled(nothing);
    expect(sent(cancelPayable(nothing, cancellation, noon))).toEqual([]);
    expect(openPayable(early, priced)).toEqual({});
    expect(() => pay(early, request, first, noon)).toThrow(problem(409, 'Order cancelled'));
  });

  it('requests the refund of a paid order', () => {
    expect(sent(cancelPayable(paid, cancellation, noon))).toEqual([
      { type: 'payments.refund', orderId, captureId: first },
    ]);
    expect(statusOf(refunding)).toBe('refunding');
  });

  it.each(Object.entries({ 'never opened': cancelled(nothing), voided: cancelled(open), voiding, refunding }))(
    'changes nothing the second time: %s',
    (_, state) => {
      expect(cancelPayable(state, cancellation, noon)).toEqual({});
    },
  );

  it('publishes the refund again when the fact comes a second time', () => {
    const { messages } = refund(refunding, intent, receipt, later(9));
    expect(cancelPayable(refunded, cancellation, noon)).toEqual({ messages });
  });
});

describe('a capture that is running when its order is cancelled', () => {
  it('keeps the payable closed until its outcome is known', () => {
    expect(sent(cancelPayable(capturing, cancellation, noon))).toEqual([
      { type: 'payable.voided', orderId, userId, version: 3 },
    ]);
    expect(voiding.payables[orderId]).toMatchObject({ status: 'voiding', captureId: first });
    expect(() => pay(voiding, request, second, later(120))).toThrow(problem(409, 'Order cancelled'));
    expect(() => pay(voiding, request, first, later(120))).toThrow(problem(409, 'Order cancelled'));
  });

  it('has its money refunded, and replies to the payer that the order is cancelled', () => {
    const decision = recordOutcome(voiding, intent, yes, later(2));
    expect(sent(decision)).toEqual([
      { type: 'payment.captured', orderId, userId, paymentId: first, amount: total, version: 4 },
      { type: 'payments.refund', orderId, captureId: first },
    ]);
    const state = after(voiding, decision);
    expect(statusOf(state)).toBe('refunding');
    expect(() => resultOf(chargeIn(state))).toThrow(problem(409, 'Order cancelled'));
  });

  it('publishes no decline, and replies to the payer that the order is cancelled', () => {
    const decision = recordOutcome(voiding, intent, no, later(2));
    expect(sent(decision)).toEqual([]);
    const state = after(voiding, decision);
    expect(state.payables[orderId]).toMatchObject({ status: 'voided', captureId: null });
    expect(state.captures[first]).toMatchObject({ status: 'declined', reason: 'insufficient funds' });
    expect(() => resultOf(chargeIn(state))).toThrow(problem(409, 'Order cancelled'));
  });
});

describe('a refund', () => {
  it('publishes that the money is on its way back, with the capture as the payment', () => {
    expect(sent(refund(refunding, intent, receipt, later(9)))).toEqual([
      { type: 'payment.refunded', orderId, userId, paymentId: first, amount: total, version: 5 },
    ]);
    expect(refunded.payables[orderId]).toMatchObject({ status: 'refunded', captureId: first });
    expect(refunded.captures[first]).toMatchObject({
      status: 'refunded',
      gatewayReference: 'ref',
      refundReference: 're_1',
      refundedAt: later(9),
    });
  });

  it('is recorded once and not requested again', () => {
    expect(refund(refunded, intent, { reference: 're_2' }, later(10))).toEqual({});
    expect(refundable(chargeIn(refunded))).toBeUndefined();
  });

  it('raises the versions of the payable and of the capture', () => {
    const versions = ({ payables, captures }: State) => [payables[orderId]!.version, captures[first]!.version];
    expect([capturing, paid, refunding, refunded].map(versions)).toEqual([
      [2, 1],
      [3, 2],
      [4, 2],
      [5, 3],
    ]);
    const declined = after(capturing, recordOutcome(capturing, intent, no, later(1)));
    expect(versions(declined)).toEqual([3, 2]);
  });

  it('is refused for a capture that is not the one to refund', () => {
    const { payable, capture } = chargeIn(refunding);
    expect(() => refundable({ payable, capture: { ...capture, id: second } })).toThrow(PermanentError);
    expect(() => refundable({ payable, capture: capturing.captures[first]! })).toThrow(PermanentError);
  });

  it.each<[string, State]>([
    ['nothing', nothing],
    ['its order', { ...refunding, captures: {} }],
    ['the capture', { ...refunding, payables: {} }],
  ])('is refused for good when only %s is stored', (_, state) => {
    expect(() => refund(state, intent, receipt, noon)).toThrow(PermanentError);
  });

  it('makes a later payment fail with 409', () => {
    expect(() => pay(refunded, request, second, later(20))).toThrow(problem(409, 'Order cancelled'));
  });

  it.each(Object.entries({ 'a paid order': paid, 'a capture without an outcome': voiding }))(
    'is refused to %s',
    (_, state) => {
      expect(() => refund(state, intent, receipt, noon)).toThrow(PermanentError);
      expect(() => refundable(chargeIn(state))).toThrow(PermanentError);
    },
  );
});

const captureId = fc.constantFrom(first, second);
const step = fc.oneof(
  fc.constant({ act: 'price' } as const),
  fc.constant({ act: 'cancel' } as const),
  fc.record({ act: fc.constant('pay' as const), captureId }),
  fc.record({ act: fc.constant('answer' as const), captureId, outcome: fc.constantFrom(yes, no) }),
  fc.record({ act: fc.constant('refund' as const), captureId }),
);
type Step = typeof step extends fc.Arbitrary<infer Of> ? Of : never;

function decide(state: State, each: Step, now: Date): Decision<unknown> {
  switch (each.act) {
    case 'price':
      return openPayable(state, priced);
    case 'cancel':
      return cancelPayable(state, cancellation, now);
    case 'pay':
      return pay(state, request, each.captureId, now);
    case 'answer':
      return state.captures[each.captureId]
        ? recordOutcome(state, { orderId, captureId: each.captureId }, each.outcome, now)
        : {};
    case 'refund':
      return state.captures[each.captureId] ? refund(state, { orderId, captureId: each.captureId }, receipt, now) : {};
  }
}

/** The state after the steps, with all messages sent on the way; a refused step changes nothing. */
function run(steps: readonly Step[], from: State = nothing): { state: State; allSent: ReturnType<typeof sent> } {
  return steps.reduce(
    ({ state, allSent }, each, index) => {
      try {
        const decision = decide(state, each, later(index));
        return { state: after(state, decision), allSent: [...allSent, ...sent(decision)] };
      } catch (error) {
        if (!(error instanceof PermanentError))
          expect(error).toMatchObject({ problem: { status: expect.any(Number) } });
        return { state, allSent };
      }
    },
    { state: from, allSent: [] as ReturnType<typeof sent> },
  );
}

it('keeps no money of a cancelled order, whatever arrives in whatever order', () => {
  const rest: Step[] = [first, second].flatMap((id): Step[] => [
    { act: 'answer', captureId: id, outcome: yes },
    { act: 'refund', captureId: id },
  ]);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
      const wasCancelled = steps.some(({ act }) => act === 'cancel');
      const { state, allSent } = run([...steps, ...rest]);
      const taken = new Set(
        allSent
          .filter(({ type }) => type === 'payment.captured')
          .map((fact) => (fact as { paymentId?: string }).paymentId),
      ).size;
      const refunds = new Set(
        allSent
          .filter(({ type }) => type === 'payment.refunded')
          .map((fact) => (fact as { paymentId?: string }).paymentId),
      ).size;
      const requestedRefunds = allSent.filter(({ type }) => type === 'payments.refund').length;
      const captures = Object.values(state.captures).map((capture) => capture?.status);
      expect(taken).toBeLessThanOrEqual(1);
      expect(taken).toBe(captures.filter((status) => status === 'captured' || status === 'refunded').length);
      expect(refunds).toBe(captures.filter((status) => status === 'refunded').length);
      expect([requestedRefunds, refunds]).toEqual(wasCancelled ? [taken, taken] : [0, 0]);
      if (wasCancelled) expect(statusOf(state)).toBe(taken ? 'refunded' : 'voided');
      else expect([undefined, 'open', 'captured']).toContain(statusOf(state));
    }),
    { numRuns: 500 },
  );
});
