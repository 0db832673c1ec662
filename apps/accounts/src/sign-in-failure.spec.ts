import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ANY_PHONE,
  countTry,
  FORGOTTEN_AFTER_MS,
  noFailures,
  takeBack,
  undo,
  type Counted,
} from './sign-in-failure.js';

const NOW = new Date('2026-11-23T12:00:00Z');
const MINUTE = 60_000;
const at = (ms: number) => new Date(NOW.getTime() + ms);
const fresh = (phone = '+15550000001', address = noFailures(ANY_PHONE, '192.0.2.1', NOW)): Counted => ({
  pair: noFailures(phone, '192.0.2.1', NOW),
  address,
});

/** The wait (s) of one more try, or the rows after it. */
function tried(counted: Counted, ms: number): Counted | number {
  try {
    return countTry(counted, at(ms));
  } catch (error) {
    return Number((error as { problem: { retryAfter: number } }).problem.retryAfter);
  }
}

function afterTries(count: number, counted = fresh(), everyMs = 1_000): Counted {
  for (let n = 0; n < count; n++) counted = countTry(counted, at(n * everyMs));
  return counted;
}

/** Waits (s) between the failures of a client that tries again as soon as it may. */
function waits(count: number): number[] {
  let [counted, ms] = [afterTries(5, fresh(), 0), 0];
  return Array.from({ length: count }, () => {
    const wait = tried(counted, ms) as number;
    ms += wait * 1_000;
    counted = countTry(counted, at(ms));
    return wait;
  });
}

describe('a phone number tried from one address', () => {
  it('may fail five times in a quarter of an hour, and then waits a minute', () => {
    expect(tried(afterTries(4), 5_000)).toMatchObject({ pair: { failures: 5 } });
    expect(tried(afterTries(5), 4_000)).toBe(60);
    expect(tried(afterTries(5), 63_999)).toBe(1);
    expect(tried(afterTries(5), 64_000)).toMatchObject({ pair: { failures: 6 } });
  });

  it('waits twice as long after each further failure, and never longer than an hour', () => {
    expect(waits(8)).toEqual([60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
  });

  it('may fail again as often once a quarter of an hour has passed', () => {
    expect(tried(afterTries(4), 15 * MINUTE)).toMatchObject({ pair: { failures: 1 } });
    expect(tried(afterTries(4), 15 * MINUTE - 1)).toMatchObject({ pair: { failures: 5 } });
  });

  it('must wait without that refused try being counted', () => {
    const waiting = afterTries(5);
    expect([tried(waiting, 5_000), tried(waiting, 5_000)]).toEqual([59, 59]);
  });

  it('starts from zero when the password was right', () => {
    const right = takeBack(afterTries(5));
    expect(right).toMatchObject({ pair: { failures: 0 }, address: { failures: 4 } });
    expect(afterTries(5, right)).toMatchObject({ pair: { failures: 5 } });
  });

  it('does not depend on a row that is old enough to be deleted', () => {
    const old = { ...fresh().pair, failures: 1_000 };
    expect(tried({ ...fresh(), pair: old }, FORGOTTEN_AFTER_MS)).toMatchObject({ pair: { failures: 1 } });
    expect(tried({ ...fresh(), pair: old }, FORGOTTEN_AFTER_MS - 1)).toMatchObject({ pair: { failures: 1_001 } });
  });

  it('lets five concurrent tries through, as many as consecutive ones', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (many) => {
        let [counted, letIn] = [fresh(), 0];
        for (let n = 0; n < many; n++) {
          const next = tried(counted, n);
          if (typeof next === 'number') expect(next).toBeGreaterThan(0);
          else [counted, letIn] = [next, letIn + 1];
        }
        expect(letIn).toBe(Math.min(many, 5));
      }),
    );
  });
});

it('a try whose password was never compared is not counted, and clears nothing', () => {
  const counted = afterTries(3);
  const undone = undo(countTry(counted, at(9_000)));
  expect([undone.pair.failures, undone.address.failures]).toEqual([3, 3]);
});

describe('an address', () => {
  /** A failure with each of so many numbers. */
  const spread = (count: number) => {
    let { address } = fresh();
    for (let n = 0; n < count; n++) address = countTry(fresh(`+1555${n}`, address), at(n)).address;
    return address;
  };

  it('may fail with a hundred numbers in a quarter of an hour, and then waits for its end, with any number', () => {
    expect(tried(fresh('+1666', spread(99)), 5 * MINUTE)).toMatchObject({ address: { failures: 100 } });
    expect(tried(fresh('+1666', spread(100)), 5 * MINUTE)).toBe(600);
    expect(tried(fresh('+1666', spread(100)), 15 * MINUTE)).toMatchObject({ address: { failures: 1 } });
  });

  it('is not cleared by an attacker who signs in to their own account in between', () => {
    let address = spread(50);
    const own = takeBack(countTry(fresh('+1777', address), at(60)));
    address = own.address;
    expect(address).toMatchObject({ failures: 50 });
  });
});
