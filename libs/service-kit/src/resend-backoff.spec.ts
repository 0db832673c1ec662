import { expect, it } from 'vitest';
import { isDue } from './resend-backoff.js';

const NOON = Date.parse('2026-11-22T12:00:00.000Z');
const after = (ms: number): Date => new Date(NOON + ms);

/** Returns the seconds at which a request is sent again, if it is checked every second and never gets a reply. */
function resentAt(afterMs: number, seconds: number): number[] {
  const sent = [0];
  for (let second = 1; second <= seconds; second++) {
    if (isDue({ since: after(0), askedAt: after(sent.at(-1)! * 1_000) }, afterMs, after(second * 1_000)))
      sent.push(second);
  }
  return sent.slice(1);
}

it('sends again after the bound, and then whenever the wait has doubled', () => {
  expect(resentAt(60_000, 3_600)).toEqual([60, 120, 240, 480, 960, 1_920]);
});
