import { expect, it } from 'vitest';
import { backoff, verdictOn } from './retry.js';

it.each([
  [{ status: 201, retryAfter: null }, { kind: 'done' }],
  [{ status: 202, retryAfter: null }, { kind: 'done' }],
  [{ status: 401, retryAfter: null }, { kind: 'sign-in' }],
  [
    { status: 503, retryAfter: '1' },
    { kind: 'again', afterMs: 1_000, reason: 'down' },
  ],
  [
    { status: 503, retryAfter: null },
    { kind: 'again', afterMs: 2_000, reason: 'down' },
  ],
  [
    { status: 504, retryAfter: 'soon' },
    { kind: 'again', afterMs: 2_000, reason: 'down' },
  ],
  [
    { status: 429, retryAfter: '3' },
    { kind: 'again', afterMs: 3_000, reason: 'busy' },
  ],
  [{ status: 409, retryAfter: null }, { kind: 'refused' }],
  [{ status: 500, retryAfter: null }, { kind: 'refused' }],
])('takes a response as what it means: %j', (response, verdict) => expect(verdictOn(response)).toEqual(verdict));

it('does not wait where waiting does not help, or takes minutes', () => {
  expect(verdictOn({ status: 429, retryAfter: '1', limit: true })).toEqual({ kind: 'refused' });
  expect(verdictOn({ status: 429, retryAfter: '600' })).toEqual({ kind: 'refused' });
});

it('pauses longer each time, within a limit, and not as all others do', () => {
  expect([1, 2, 3].map((attempt) => backoff(attempt, 0.5))).toEqual([500, 1_000, 2_000]);
  expect(backoff(50, 1)).toBe(12_500);
  expect(backoff(1, 0)).toBeLessThan(backoff(1, 1));
});
