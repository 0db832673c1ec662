import { expect, it } from 'vitest';
import { isOpen, mayClaimAgain, moved, streamOf, wayThrough, type Claim } from './claim.js';

const NOON = Date.parse('2026-11-30T12:00:00Z');
const claim = (view: Claim['view'], round = 1): Claim => ({ ticket: 't', location: '/x', round, view });

it('follows the stream beside the claim, with the hint that its address has', () => {
  expect(streamOf('/flash-sales/1/claims/t?entry=5.2')).toBe('/flash-sales/1/claims/t/stream?entry=5.2');
  expect(streamOf('/flash-sales/1/claims/t')).toBe('/flash-sales/1/claims/t/stream');
});

it('is open from its opening on, also before somebody has said so', () => {
  const sale = { state: 'scheduled', opensAt: '2026-11-30T12:00:00Z' } as const;
  expect([isOpen(sale, NOON - 1), isOpen(sale, NOON)]).toEqual([false, true]);
  expect(isOpen({ ...sale, state: 'sold-out' }, NOON)).toBe(false);
});

it('measures the way from the first place that was known', () => {
  const joined = moved(claim({ status: 'waiting' }), { status: 'waiting', ahead: 200 });
  const later = moved(joined, { status: 'waiting', ahead: 50 });
  expect([wayThrough(claim({ status: 'waiting' })), wayThrough(joined), wayThrough(later)]).toEqual([
    undefined,
    0,
    0.75,
  ]);
  expect(wayThrough(moved(later, { status: 'waiting', ahead: 900 }))).toBe(0);
});

it.each([
  ['lost, in the same round', claim({ status: 'lost', reason: 'sold_out' }), 1, false],
  ['lost, and reopened', claim({ status: 'lost', reason: 'sold_out' }), 2, true],
  ['won before', claim({ status: 'lost', reason: 'already_won' }), 2, false],
  ['not paid in time', claim({ status: 'expired' }), 2, false],
  ['won', claim({ status: 'won' }), 2, false],
  ['in line', claim({ status: 'waiting' }), 2, false],
])('may claim again: %s', (_, given, round, may) => expect(mayClaimAgain(given, { round })).toBe(may));
