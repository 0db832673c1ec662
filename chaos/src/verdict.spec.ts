import { describe, expect, it } from 'vitest';
import type { OrderEntry } from './ledger.js';
import { overAfter, paidBetween, wrongIn, type RunResult } from './verdict.js';

const row = (more: Partial<RunResult['rows'][number]> = {}) => ({ name: 'a fault', recoveredMs: 1_000, ...more });
const wrong = (more: Partial<RunResult> = {}) =>
  wrongIn({ rows: [row()], findings: [], audit: true, dead: {}, unexpected: [], ended: [], ...more });

describe('a run', () => {
  it('is well when nothing was found', () => {
    expect(
      wrong({
        rows: [
          row(),
          row({ observed: true, flows: true, paidLate: 3 }),
          row({ skipped: 'no root', recoveredMs: undefined }),
        ],
      }),
    ).toEqual([]);
  });

  it.each<[when: string, more: Partial<RunResult>, says: string[]]>([
    [
      'something was lost or doubled',
      { findings: [{ kind: 'lost' }, { kind: 'lost' }, { kind: 'doubled' }] },
      ['2 lost', '1 doubled'],
    ],
    [
      'there are dead letters',
      { dead: { 'orders.events.dead': 2, 'payments.commands.dead': 1 } },
      ['3 dead letters: orders.events.dead 2, payments.commands.dead 1'],
    ],
    ['the audit is not clean', { audit: false }, ['the audit found something broken']],
    ['a process ended by itself', { ended: ['orders'] }, ['ended by itself: orders']],
    [
      'the API gave another answer',
      { unexpected: ['GET / answered 500'] },
      ['not an answer of the API: GET / answered 500'],
    ],
    [
      'a fault was not over in time',
      { rows: [row({ recoveredMs: undefined, trouble: 'no order' })] },
      ['did not recover from: a fault (no order)'],
    ],
    ['a fault was not there', { rows: [row({ observed: false })] }, ['was not really there: a fault']],
    [
      'a fault stopped what it has nothing to do with',
      { rows: [row({ flows: true, paidLate: 0 })] },
      ['nothing was paid in the second half of: a fault'],
    ],
  ])('is wrong when %s', (_, more, says) => {
    expect(wrong(more)).toEqual(says);
  });
});

describe('a fault is over', () => {
  type Entry = Pick<OrderEntry, 'intent' | 'acceptedAt' | 'endedAt' | 'paidAt'>;
  const ledger: { orders: Entry[] } = {
    orders: [
      { intent: 'pay', acceptedAt: 1, endedAt: 30, paidAt: 12 },
      { intent: 'leave', acceptedAt: 1, endedAt: 90 },
      { intent: 'pay', acceptedAt: 25, endedAt: 80, paidAt: 40 },
      { intent: 'pay', endedAt: 70 },
    ],
  };

  it('when the last order has ended that was accepted before its cure', () => {
    expect(overAfter(ledger, 20)).toBe(10);
    expect(overAfter({ orders: [] }, 20)).toBe(0);
    expect(overAfter({ orders: [{ intent: 'pay', acceptedAt: 1 }] }, 20)).toBe(Infinity);
  });

  it('after so many were paid meanwhile', () => {
    expect([paidBetween(ledger, 10, 40), paidBetween(ledger, 10, 41)]).toEqual([1, 2]);
  });
});
