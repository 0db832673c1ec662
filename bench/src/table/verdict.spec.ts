import { describe, expect, it } from 'vitest';
import type { Row } from './row.js';
import { otherPeersOf, tableOf, verdictsOf } from './table.js';
import { bestPeer, ratioAtLeast, ratioAtMost, valueAtMost, verdictOf } from './verdict.js';

const rates: Row = { work: 'per second', ours: [200, 240, 100], peers: { slow: [50], fast: [90, 110, 100] } };
const costs: Row = { work: 'CPU ms', ours: [30], peers: { dear: [90], cheap: [60] } };

describe('a row', () => {
  it('is judged against the fastest peer when more is better', () =>
    expect(bestPeer({ ...rates, aim: ratioAtLeast(2) })?.name).toBe('fast'));

  it('is judged against the cheapest peer when less is better', () =>
    expect(bestPeer({ ...costs, aim: ratioAtMost(0.5) })?.name).toBe('cheap'));

  it('meets its aim by the ratio of the medians, and misses it just above', () => {
    expect(verdictOf({ ...rates, aim: ratioAtLeast(2) })).toBe('met');
    expect(verdictOf({ ...rates, aim: ratioAtLeast(2.01) })).toBe('missed');
    expect(verdictOf({ ...costs, aim: ratioAtMost(0.5) })).toBe('met');
    expect(verdictOf({ ...costs, aim: ratioAtMost(0.49) })).toBe('missed');
  });

  it('meets an aim in its own unit without a peer', () => {
    expect(verdictOf({ work: 'MB', ours: [790], aim: valueAtMost(800) })).toBe('met');
    expect(verdictOf({ work: 'MB', ours: [801], aim: valueAtMost(800) })).toBe('missed');
  });

  it('is neither met nor missed when its peer was not measured', () =>
    expect(verdictOf({ work: 'x', ours: [1], peers: { absent: [] }, aim: ratioAtLeast(1) })).toBe('not compared'));
});

describe('the table', () => {
  it('shows medians, spread, the best peer, the ratio and the verdict', () => {
    const [, row] = tableOf([{ ...rates, aim: ratioAtLeast(3) }]);
    expect(row).toMatch(
      /per second {2}>= 3.00 of peer {2}200 \(100 to 240\) .* fast 100 \(90 to 110\) {2}2.00 .*missed/,
    );
  });

  it('counts the verdicts', () => {
    const rows = [rates, { ...rates, aim: ratioAtLeast(2) }, { ...rates, aim: ratioAtLeast(3) }];
    expect(verdictsOf(rows)).toBe('1 met, 1 missed, 0 not compared');
  });

  it('lists all peers of a row below it', () =>
    expect(otherPeersOf([rates])).toEqual(['per second: slow 50, fast 100']));
});
