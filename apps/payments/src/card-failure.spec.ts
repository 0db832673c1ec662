import { describe, expect, it } from 'vitest';
import { recordOutcome } from './capture.js';
import { expectFewFailures, MAX_FAILURES, refuseCard } from './card-failure.js';
import { openPayable, pay as payAt, payableNow as payableAt, payWithinLimits } from './payable.js';
import type { Decision, State } from './tables.js';

const LIMITS = { CARD_FAILURES_PER_ORDER: 3, CARD_FAILURES_PER_USER: 4, CARD_FAILURES_WINDOW_SECONDS: 60 };
const userId = '0190a6b0-0000-7000-8000-000000000002';
const [one, other] = [1, 2].map((n) => ({ orderId: `0190a6b0-0000-8000-8000-00000000000${n}`, userId }));
const noon = new Date('2026-01-01T12:00:00Z');
const at = (seconds: number): Date => new Date(noon.getTime() + seconds * 1_000);
const problem = (status: number, more: object = {}) =>
  expect.objectContaining({ problem: expect.objectContaining({ status, ...more }) });
type About = typeof one & object;
const pay = (state: State, request: Parameters<typeof payAt>[1], id: string, now: Date): Decision<unknown> =>
  payAt(state, request, id, { at: now, now });
const payableNow = (state: State, about: About, limits: typeof LIMITS, now: Date) =>
  payableAt(state, about, limits, { at: now, now });

const after = (state: State, { state: changes = {} }: Decision<unknown>): State => ({
  payables: { ...state.payables, ...changes.payables },
  captures: { ...state.captures, ...changes.captures },
  failures: { ...state.failures, ...changes.failures },
});
const opened = (state: State, about: About): State =>
  after(state, openPayable(state, { ...about, total: { amount: 100, currency: 'EUR' }, version: 2 }, noon));
const open = [one!, other!].reduce(opened, { payables: {}, captures: {}, failures: {} });

/** The state after a card is declined at this time. */
function declined(state: State, about: About, seconds: number, captureId = `capture at ${seconds}`): State {
  const paying = after(state, pay(state, { ...about, cardToken: 'tok' }, captureId, at(seconds)));
  return after(
    paying,
    recordOutcome(paying, { orderId: about.orderId, captureId }, { status: 'declined', reason: 'no' }, at(seconds)),
  );
}
const unknown = (state: State, about: About, seconds: number): State =>
  after(state, refuseCard(state, about, LIMITS, at(seconds)));
const trying = (state: State, about: About, seconds: number) => () =>
  expectFewFailures(state, about, 'a request', LIMITS, at(seconds));

describe('cards that fail', () => {
  it('are limited per order, declined and unknown ones together, until the oldest of them has expired', () => {
    const state = unknown(declined(declined(open, one!, 0), one!, 10), one!, 20);
    expect(trying(declined(declined(open, one!, 0), one!, 10), one!, 20)).not.toThrow();
    expect(trying(state, one!, 21)).toThrow(problem(429, { title: 'Too many failed cards', retryAfter: 39 }));
    expect(trying(state, one!, 59.5)).toThrow(problem(429, { retryAfter: 1 }));
    expect(trying(state, one!, 60)).not.toThrow();
    expect(trying(state, other!, 21)).not.toThrow();
  });

  it('are limited per user, over all orders', () => {
    const state = declined(declined(unknown(declined(open, one!, 0), one!, 1), other!, 2), other!, 3);
    for (const about of [one!, other!]) expect(trying(state, about, 4)).toThrow(problem(429, { retryAfter: 56 }));
    expect(trying(state, one!, 60)).not.toThrow();
  });

  it('refuse the next payment of the order, and no payment below the limit', () => {
    const request = { ...one!, cardToken: 'tok' };
    const paying = (state: State) => () =>
      payWithinLimits(state, request, 'a request', LIMITS, { at: at(21), now: at(21) });
    const two = declined(declined(open, one!, 0), one!, 10);
    expect(paying(two)()).toEqual(pay(two, request, 'a request', at(21)));
    expect(paying(declined(two, one!, 20))).toThrow(problem(429, { retryAfter: 39 }));
  });

  it('are reported as unknown only as often as they are counted', () => {
    let state = open;
    const answers = Array.from({ length: 6 }, (_, second) => {
      const decision = refuseCard(state, one!, LIMITS, at(second));
      state = after(state, decision);
      return decision.problem?.status;
    });
    expect(answers).toEqual([422, 422, 422, 429, 429, 429]);
    expect(state.failures[userId]?.failures).toHaveLength(3);
  });

  it('count also when the order was cancelled meanwhile and no decline is published', () => {
    const paying = after(open, pay(open, { ...one!, cardToken: 'tok' }, 'capture', noon));
    const voiding: State = {
      ...paying,
      payables: { [one!.orderId]: { ...paying.payables[one!.orderId]!, status: 'voiding' } as never },
    };
    const decision = recordOutcome(
      voiding,
      { orderId: one!.orderId, captureId: 'capture' },
      { status: 'declined', reason: 'no' },
      noon,
    );
    expect([decision.messages, decision.state?.failures?.[userId]?.failures]).toEqual([
      undefined,
      [{ orderId: one!.orderId, at: noon.toISOString() }],
    ]);
  });

  it('are dropped beyond the highest limit, the oldest first', () => {
    const state = Array.from({ length: MAX_FAILURES + 5 }, (_, n) => n).reduce((so, n) => declined(so, one!, n), open);
    const kept = state.failures[userId]!;
    expect([kept.failures.length, kept.failures[0], kept.version]).toEqual([
      MAX_FAILURES,
      { orderId: one!.orderId, at: at(5).toISOString() },
      MAX_FAILURES + 5,
    ]);
  });

  it('do not affect the reply to a finished payment, another user, or a card that pays', () => {
    const state = [0, 1, 2].reduce((so, n) => declined(so, one!, n), open);
    expect(() => expectFewFailures(state, one!, 'capture at 1', LIMITS, at(3))).not.toThrow();
    expect(trying(state, { ...one!, userId: other!.orderId }, 3)).not.toThrow();
    const paying = after(open, pay(open, { ...other!, cardToken: 'tok' }, 'good', noon));
    const paid = after(
      paying,
      recordOutcome(
        paying,
        { orderId: other!.orderId, captureId: 'good' },
        { status: 'captured', reference: 'r' },
        noon,
      ),
    );
    expect(paid.failures).toEqual({});
  });
});

describe('before the data of a card is read', () => {
  it('an order is payable for its own user, with the status of a running payment', () => {
    expect(payableNow(open, one!, LIMITS, noon)).toEqual({ status: 'open' });
    expect(payableNow(after(open, pay(open, { ...one!, cardToken: 'tok' }, 'c', noon)), one!, LIMITS, noon)).toEqual({
      status: 'capturing',
    });
    expect(() => payableNow(open, { ...one!, userId: one!.orderId }, LIMITS, noon)).toThrow(problem(404));
  });

  it('it is refused as the payment itself would be', () => {
    const paying = after(open, pay(open, { ...one!, cardToken: 'tok' }, 'c', noon));
    const paid = after(
      paying,
      recordOutcome(paying, { orderId: one!.orderId, captureId: 'c' }, { status: 'captured', reference: 'r' }, noon),
    );
    expect(() => payableNow(paid, one!, LIMITS, noon)).toThrow(problem(409, { title: 'Already paid' }));
    const tried = [0, 1, 2].reduce((so, n) => declined(so, one!, n), open);
    expect(() => payableNow(tried, one!, LIMITS, at(3))).toThrow(problem(429, { retryAfter: 57 }));
  });
});
