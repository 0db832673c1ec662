import { expect, it } from 'vitest';
import { isDue } from './resend-backoff.js';

const NOON = Date.parse('2026-11-22T12:00:00.000Z');
const after = (ms: number): Date => new Date(NOON + ms);

/** At which seconds somebody who never answers is asked again, when it is looked at every second. */
function askedAt(afterMs: number, seconds: number): number[] {
  const asked = [0];
  for (let second = 1; second <= seconds; second++) {
    if (isDue({ since: after(0), askedAt: after(asked.at(-1)! * 1_000) }, afterMs, after(second * 1_000)))
      asked.push(second);
  }
  return asked.slice(1);
}

it('asks again after the bound, and then whenever the wait has doubled', () => {
  expect(askedAt(60_000, 3_600)).toEqual([60, 120, 240, 480, 960, 1_920]);
});
