import type { Data, OrderCompleted } from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { earnPoints } from './points.js';
import type { PointsDecision, PointsState } from './tables.js';

const none: PointsState = { balances: {}, earnings: {} };
const completed = (orderId: string, amount: number, userId = 'ann'): Data<typeof OrderCompleted> => ({
  orderId,
  userId,
  version: 7,
  total: { amount, currency: 'USD' },
});
const after = (state: PointsState, { state: changes = {} }: PointsDecision): PointsState => ({
  balances: { ...state.balances, ...changes.balances },
  earnings: { ...state.earnings, ...changes.earnings },
});

describe('earnPoints', () => {
  it('adds one point for each whole 100 cents to the balance', () => {
    const first = after(none, earnPoints(none, completed('one', 1_999)));
    const { state, messages } = earnPoints(first, completed('two', 200));
    expect(state).toEqual({
      balances: { ann: { userId: 'ann', points: 21, version: 2 } },
      earnings: { two: { orderId: 'two', userId: 'ann', points: 2, version: 1 } },
    });
    expect(messages?.map(({ data }) => data)).toEqual([
      { orderId: 'two', userId: 'ann', points: 2, balance: 21, version: 2 },
    ]);
  });

  it('adds them once per order', () => {
    const state = after(none, earnPoints(none, completed('one', 1_999)));
    expect(earnPoints(state, completed('one', 1_999))).toEqual({});
  });

  it('publishes nothing for an order too small for a point', () => {
    expect(earnPoints(none, completed('one', 99))).toEqual({});
  });

  it('adds up to the points of every order once, whatever the order and repetition', () => {
    const facts = fc.array(fc.record({ id: fc.integer({ min: 0, max: 9 }), user: fc.constantFrom('ann', 'bob') }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(facts, (happens) => {
        const seen = happens.map(({ id, user }) => completed(`${id} of ${user}`, 77 * id, user));
        const state = seen.reduce((now, fact) => after(now, earnPoints(now, fact)), none);
        for (const user of ['ann', 'bob']) {
          const orders = new Map(
            seen.filter(({ userId }) => userId === user).map(({ orderId, total }) => [orderId, total.amount]),
          );
          expect(state.balances[user]?.points ?? 0).toBe(
            [...orders.values()].reduce((sum, amount) => sum + Math.floor(amount / 100), 0),
          );
        }
      }),
    );
  });
});
