import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resultOf, recordOutcome } from './capture.js';
import { openPayable as openBy, pay as payAt } from './payable.js';
import type { Decision, OpenedPayable, OpenPayable, State } from './tables.js';

const orderId = '0190a6b0-0000-8000-8000-000000000001';
const userId = '0190a6b0-0000-7000-8000-000000000002';
const stranger = '0190a6b0-0000-7000-8000-000000000003';
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
  messages.map(({ contract, data, delegate }) => ({
    type: contract.type,
    ...(data as object),
    ...(delegate && { delegate }),
  }));
const chargeIn = ({ payables, captures }: State) => ({
  payable: payables[orderId] as OpenedPayable,
  capture: captures[first]!,
});
const problem = (status: number, title: string) =>
  expect.objectContaining({ problem: expect.objectContaining({ status, title }) });

const priced = { orderId, userId, total, version: 2 };
const request = { orderId, userId, cardToken: 'tok' };
const open = after(nothing, openPayable(nothing, priced));
const capturing = after(open, pay(open, request, first, noon));
const intent = { orderId, captureId: first };
const paid = after(capturing, recordOutcome(capturing, intent, { status: 'captured', reference: 'ref' }, later(1)));
const declined = after(
  capturing,
  recordOutcome(capturing, intent, { status: 'declined', reason: 'insufficient funds' }, later(1)),
);

describe('a payable', () => {
  it('opens once for the order’s final total', () => {
    expect(sent(openPayable(nothing, priced))).toEqual([
      { type: 'payable.opened', orderId, userId, amount: total, version: 1 },
    ]);
    expect(openPayable(open, priced)).toEqual({ messages: openPayable(nothing, priced).messages });
  });

  it('replies again to a second fact about the total: that it can be paid, or that it is paid', () => {
    const typesFor = (state: State) => sent(openPayable(state, priced)).map(({ type }) => type);
    expect([open, capturing, paid, declined].map(typesFor)).toEqual([
      ['payable.opened'],
      ['payable.opened'],
      ['payment.captured'],
      ['payable.opened'],
    ]);
    expect(sent(openPayable(paid, priced))).toMatchObject([{ paymentId: first, amount: total }]);
  });

  it('is not opened for a total of 0, and captures nothing where an older version opened it', () => {
    const free = { ...priced, total: { amount: 0, currency: 'USD' } };
    expect(openPayable(nothing, free)).toEqual({});
    const opened: State = { ...open, payables: { [orderId]: { ...open.payables[orderId], amount: 0 } as OpenPayable } };
    expect(() => pay(opened, request, first, noon)).toThrow(problem(409, 'Nothing to pay'));
  });

  it('requests a capture under the request’s own id, and delegates the reply to it', () => {
    expect(sent(pay(open, request, first, noon))).toEqual([
      { type: 'payments.capture', orderId, captureId: first, delegate: true },
    ]);
    expect(capturing.captures[first]).toMatchObject({ id: first, status: 'pending', cardToken: 'tok', amount: 4_200 });
  });

  it('asks the gateway under a key of the order and the attempt, the same in a database of before', () => {
    const again = after(declined, pay(declined, request, second, later(2)));
    const keys = [capturing.captures[first], again.captures[second]].map((capture) => capture?.gatewayKey);
    expect(keys).toEqual([`${orderId}:1`, `${orderId}:2`]);
    expect(after(open, pay(open, request, second, noon)).captures[second]?.gatewayKey).toBe(keys[0]);
  });

  it('is 404 for other users', () => {
    expect(() => pay(open, { ...request, userId: stranger }, first, noon)).toThrow(problem(404, 'Nothing to pay'));
    expect(() => pay(nothing, request, first, noon)).toThrow(problem(404, 'Nothing to pay'));
  });

  it('replies pending while a capture is recent, and starts no other', () => {
    expect(pay(capturing, request, second, later(59))).toEqual({ reply: { status: 'pending' } });
    expect(pay(capturing, request, first, later(59))).toEqual({ reply: { status: 'pending' } });
  });

  it('requests a capture again under the same id after a minute without an outcome', () => {
    const again = pay(capturing, { ...request, cardToken: 'another' }, second, later(60));
    expect(sent(again)).toEqual([{ type: 'payments.capture', orderId, captureId: first, delegate: true }]);
    expect(pay(after(capturing, again), request, second, later(61))).toEqual({ reply: { status: 'pending' } });
    expect(again.state?.payables?.[orderId]).toMatchObject({ captureId: first, capturingSince: later(60), version: 3 });
  });

  it('is paid once: another request finds it paid, the same request finds its own success', () => {
    expect(() => pay(paid, request, second, later(5))).toThrow(problem(409, 'Already paid'));
    expect(pay(paid, request, first, later(5))).toEqual({ reply: { status: 'captured' } });
  });

  it('is open again after a decline: a new try is a new capture', () => {
    expect(sent(pay(declined, request, second, later(5)))).toEqual([
      { type: 'payments.capture', orderId, captureId: second, delegate: true },
    ]);
    expect(() => pay(declined, request, first, later(5))).toThrow(problem(402, 'Payment declined'));
  });
});

describe('a capture', () => {
  it('publishes the captured payment, with the capture as the payment', () => {
    const decision = recordOutcome(capturing, intent, { status: 'captured', reference: 'ref' }, later(1));
    expect(sent(decision)).toEqual([
      { type: 'payment.captured', orderId, userId, paymentId: first, amount: total, version: 3 },
    ]);
    expect(decision.reply).toEqual(chargeIn(paid));
    expect(paid.captures[first]).toMatchObject({ status: 'captured', gatewayReference: 'ref', settledAt: later(1) });
    expect(resultOf(chargeIn(paid))).toEqual({ status: 'captured' });
  });

  it('publishes that the card was declined, with the reason', () => {
    const decision = recordOutcome(capturing, intent, { status: 'declined', reason: 'insufficient funds' }, later(1));
    expect(sent(decision)).toEqual([
      { type: 'payment.declined', orderId, userId, reason: 'insufficient funds', version: 3 },
    ]);
    expect(() => resultOf(chargeIn(declined))).toThrow(problem(402, 'Payment declined'));
  });

  it.each<[string, State]>([
    ['capture', { ...capturing, captures: {} }],
    ['order', { ...capturing, payables: {} }],
  ])('of an unknown %s has no outcome', (_, state) => {
    expect(() => recordOutcome(state, intent, { status: 'captured', reference: 'ref' }, noon)).toThrow(/is unknown/);
  });

  it('has no outcome when its payable expects none', () => {
    const state = { ...capturing, payables: open.payables };
    expect(() => recordOutcome(state, intent, { status: 'captured', reference: 'ref' }, noon)).toThrow(
      /is pending, and order .* is open/,
    );
  });

  it('keeps its first outcome when the gateway replies twice', () => {
    expect(recordOutcome(paid, intent, { status: 'declined', reason: 'late' }, later(9))).toEqual({
      reply: chargeIn(paid),
    });
    expect(recordOutcome(declined, intent, { status: 'captured', reference: 'late' }, later(9))).toEqual({
      reply: chargeIn(declined),
    });
  });
});

it('captures the money of an order at most once, whatever requests and replies come in whatever order', () => {
  const requests = [first, second, stranger];
  const step = fc.oneof(
    fc.record({ ask: fc.constantFrom(...requests) }),
    fc.record({ answer: fc.constantFrom(...requests), captured: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let state = open;
      const events: string[] = [];
      const follow = (decide: () => Decision<unknown>): void => {
        try {
          const decision = decide();
          state = after(state, decision);
          events.push(...sent(decision).map(({ type }) => type));
        } catch (error) {
          expect(error).toMatchObject({ problem: { status: expect.any(Number) } });
        }
      };
      for (const [index, each] of steps.entries()) {
        if ('ask' in each) follow(() => pay(state, request, each.ask, later(index)));
        else if (state.captures[each.answer]) {
          follow(() =>
            recordOutcome(
              state,
              { orderId, captureId: each.answer },
              each.captured ? { status: 'captured', reference: 'r' } : { status: 'declined', reason: 'no' },
              later(index),
            ),
          );
        }
      }
      const captures = Object.values(state.captures);
      expect(captures.filter((capture) => capture?.status === 'pending').length).toBeLessThanOrEqual(1);
      expect(events.filter((type) => type === 'payment.captured')).toHaveLength(
        captures.filter((capture) => capture?.status === 'captured').length,
      );
      expect(captures.filter((capture) => capture?.status === 'captured')).toHaveLength(
        state.payables[orderId]?.status === 'captured' ? 1 : 0,
      );
    }),
  );
});
