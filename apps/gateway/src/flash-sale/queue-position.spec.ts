import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EntryHint, hintOf, positionOf } from './queue-position.js';

describe('the position in the queue', () => {
  it('is the depth at entry less the claims decided since', () => {
    expect(positionOf({ depth: 900, drained: 250 }, { depth: 500, drained: 100 })).toEqual({ ahead: 350 });
  });

  it('is not beyond the end of the queue', () => {
    expect(positionOf({ depth: 20, drained: 100 }, { depth: 500, drained: 100 })).toEqual({ ahead: 20 });
  });

  it('is at most the present depth without a hint, and undefined without a depth', () => {
    expect(positionOf({ depth: 40, drained: 100 }, undefined)).toEqual({ ahead: 40 });
    expect(positionOf({ drained: 100, perSecond: 5 }, undefined)).toEqual({});
  });

  it('does not move when the number of decided claims is missing, at entry or now', () => {
    expect(positionOf({ depth: 900, drained: 800 }, { depth: 500 })).toEqual({ ahead: 500 });
    expect(positionOf({ depth: 900 }, { depth: 500, drained: 100 })).toEqual({ ahead: 500 });
  });

  it('comes with the remaining seconds, rounded up, when the rate is available', () => {
    expect(positionOf({ depth: 101, perSecond: 50 }, undefined)).toEqual({ ahead: 101, etaSeconds: 3 });
    expect(positionOf({ depth: 101, perSecond: 0 }, undefined)).toEqual({ ahead: 101 });
  });

  it('never grows as the queue advances, and is never negative', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), fc.array(fc.nat(500)), (depth, drained, steps) => {
        let [last, now] = [Infinity, drained];
        for (const step of steps) {
          now += step;
          const { ahead } = positionOf({ depth: 10_000, drained: now }, { depth, drained });
          expect(ahead).toBeGreaterThanOrEqual(0);
          expect(ahead).toBeLessThanOrEqual(last);
          last = ahead!;
        }
      }),
    );
  });
});

describe('the hint of an entry', () => {
  it('is parsed as it was formatted', () => {
    fc.assert(
      fc.property(fc.nat(), fc.option(fc.nat(), { nil: undefined }), (depth, drained) => {
        const entry = { depth: depth % 1_000_000_000, ...(drained !== undefined && { drained }) };
        expect(EntryHint.parse(hintOf(entry))).toEqual(entry);
      }),
    );
  });

  it.each(['', '.', '1.', '.1', '-1', '1.2.3', '1e3', '9999999999', 'x'])('is not "%s"', (hint) => {
    expect(EntryHint.safeParse(hint).success).toBe(false);
  });
});
