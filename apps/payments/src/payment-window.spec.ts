import { ProblemError } from '@sluice/messaging';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cancelPayable } from './cancellation.js';
import { resultOf, recordOutcome } from './capture.js';
import { openPayable, pay } from './payable.js';
import { refund } from './refund.js';
import type { Decision, State } from './tables.js';
import { closePayable, extendWindow } from './payment-window.js';

const orderId = '0190a6b0-0000-8000-8000-000000000001';
const userId = '0190a6b0-0000-7000-8000-000000000002';
const [first, second] = ['0190a6b0-0000-7000-8000-00000000000a', '0190a6b0-0000-7000-8000-00000000000b'];
const WINDOW_SECONDS = 60;
const noon = new Date('2026-01-01T12:00:00Z');
const later = (seconds: number): Date => new Date(noon.getTime() + seconds * 1000);
const end = later(WINDOW_SECONDS);

const after = (state: State, { state: changes = {} }: Decision<unknown>): State => ({
  payables: { ...state.payables, ...changes.payables },
  captures: { ...state.captures, ...changes.captures },
  failures: { ...state.failures, ...changes.failures },
});
const sent = ({ messages = [] }: Decision<unknown>) =>
  messages.map(({ contract, data }) => ({ type: contract.type, ...(data as object) }));
const types = (decision: Decision<unknown>) => sent(decision).map(({ type }) => type);

const nothing: State = { payables: {}, captures: {}, failures: {} };
const request = { orderId, userId, cardToken: 'tok' };
const closing = { orderId };
const opening = openPayable(
  nothing,
  { orderId, userId, total: { amount: 4_200, currency: 'USD' }, version: 2, payWithinSeconds: WINDOW_SECONDS },
  noon,
);
const open = after(nothing, opening);
const payAt = (state: State, id: string, at: Date, now = at): Decision<unknown> => pay(state, request, id, { at, now });
const outcome = (state: State, id: string, captured: boolean, now: Date): Decision<unknown> =>
  recordOutcome(
    state,
    { orderId, captureId: id },
    captured ? { status: 'captured', reference: 'r' } : { status: 'declined', reason: 'no' },
    now,
  );
const tooLate = expect.objectContaining({
  problem: expect.objectContaining({ status: 409, title: 'Too late to pay' }),
});

describe('a payable with a window', () => {
  it('publishes the end of its window, and is open until then', () => {
    expect(sent(opening)).toMatchObject([{ type: 'payable.opened', payBy: end.toISOString() }]);
    expect(types(payAt(open, first, later(WINDOW_SECONDS - 0.001)))).toEqual(['payments.capture']);
    expect(() => payAt(open, first, end)).toThrow(tooLate);
  });

  it('accepts a payment requested in time, though it is handled after the window', () => {
    expect(types(payAt(open, first, later(WINDOW_SECONDS - 0.001), later(WINDOW_SECONDS + 30)))).toEqual([
      'payments.capture',
    ]);
  });

  it('is extended, and never shortened', () => {
    const until = later(2 * WINDOW_SECONDS);
    const longer = after(open, extendWindow(open, { orderId, payBy: until.toISOString() }));
    expect(longer.payables[orderId]).toMatchObject({ payBy: until, version: 2 });
    expect(types(payAt(longer, first, end))).toEqual(['payments.capture']);
    expect(extendWindow(longer, { orderId, payBy: end.toISOString() })).toEqual({});
    const closed = after(open, closePayable(open, closing, end));
    expect(extendWindow(closed, { orderId, payBy: until.toISOString() })).toEqual({});
  });
});

describe('the end of a window', () => {
  it('closes an unpaid payable, not before its time, and publishes this for each request', () => {
    expect(closePayable(open, closing, later(WINDOW_SECONDS - 0.001))).toEqual({});
    const decision = closePayable(open, closing, end);
    expect(sent(decision)).toEqual([{ type: 'payable.voided', orderId, userId, version: 2 }]);
    const closed = after(open, decision);
    expect(sent(closePayable(closed, closing, later(90)))).toEqual([
      { type: 'payable.voided', orderId, userId, version: 2 },
    ]);
    expect(() => payAt(closed, first, later(1), later(90))).toThrow(ProblemError);
  });

  it('waits for the outcome of a payment requested in time: captured money is kept', () => {
    const capturing = after(open, payAt(open, first, later(59)));
    const waiting = closePayable(capturing, closing, end);
    expect(types(waiting)).toEqual([]);
    const state = after(capturing, waiting);
    expect(closePayable(state, closing, later(70))).toEqual({});
    const paid = outcome(state, first, true, later(80));
    expect(types(paid)).toEqual(['payment.captured']);
    expect(after(state, paid).payables[orderId]).toMatchObject({ status: 'captured' });
    expect(closePayable(after(state, paid), closing, later(90))).toEqual({});
  });

  it('closes it when that payment is declined', () => {
    const capturing = after(open, payAt(open, first, later(59)));
    const state = after(capturing, closePayable(capturing, closing, end));
    const decision = outcome(state, first, false, later(80));
    expect(types(decision)).toEqual(['payment.declined', 'payable.voided']);
    expect(after(state, decision).payables[orderId]).toMatchObject({ status: 'voided', captureId: null });
  });

  it('closes a payable that was priced by a version without windows', () => {
    const old = after(
      nothing,
      openPayable(nothing, { orderId, userId, total: { amount: 1, currency: 'USD' }, version: 2 }, noon),
    );
    expect(types(payAt(old, first, later(9_000)))).toEqual(['payments.capture']);
    expect(types(closePayable(old, closing, noon))).toEqual(['payable.voided']);
  });
});

const step = fc.oneof(
  fc.record({ act: fc.constant('pay' as const), id: fc.constantFrom(first, second) }),
  fc.record({ act: fc.constant('answer' as const), id: fc.constantFrom(first, second), captured: fc.boolean() }),
  fc.record({ act: fc.constantFrom('close' as const, 'cancel' as const, 'refund' as const, 'wait' as const) }),
);

it('closes or keeps its money, never both, and agrees with the replies, whatever arrives in whatever order', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 16 }), (steps) => {
      let [state, now, cancelled] = [open, 0, false];
      const allSent: string[] = [];
      const told200 = new Set<string>();
      const follow = (decide: () => Decision<unknown>): void => {
        try {
          const decision = decide();
          state = after(state, decision);
          allSent.push(...types(decision));
        } catch (error) {
          if (!(error instanceof Error)) throw error;
        }
      };
      for (const each of steps) {
        now += each.act === 'wait' ? 45 : 1;
        if (each.act === 'pay') follow(() => payAt(state, each.id, later(now)));
        if (each.act === 'close') follow(() => closePayable(state, closing, later(now)));
        if (each.act === 'cancel')
          follow(
            () => (
              (cancelled = true),
              cancelPayable(
                state,
                { orderId, userId, version: 4, lines: [], allocation: [], reason: 'customer' },
                later(now),
              )
            ),
          );
        if (each.act === 'refund')
          follow(() =>
            refund(state, { orderId, captureId: state.payables[orderId]!.captureId! }, { reference: 're' }, later(now)),
          );
        if (each.act === 'answer' && state.captures[each.id]) {
          follow(() => {
            const decision = outcome(state, each.id, each.captured, later(now));
            const charge = decision.reply as Parameters<typeof resultOf>[0];
            try {
              if (resultOf(charge).status === 'captured') told200.add(each.id);
            } catch {
              // The payer receives a problem.
            }
            return decision;
          });
        }
      }
      const captures = Object.values(state.captures);
      const kept = captures.filter((capture) => capture?.status === 'captured').length;
      if (!cancelled && allSent.includes('payable.voided')) expect(kept).toBe(0);
      if (!cancelled) expect(kept).toBe(state.payables[orderId]!.status === 'captured' ? 1 : 0);
      for (const id of told200) expect(['captured', 'refunded']).toContain(state.captures[id]!.status);
      for (const capture of captures) expect(capture!.requestedAt < end).toBe(true);
    }),
    { numRuns: 500 },
  );
});
