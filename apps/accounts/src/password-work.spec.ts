import { createHook } from 'node:async_hooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hashPassword, UNMATCHABLE_HASH, passwordMatches } from './password.js';

/** Counts all hashes that Node computes. */
let hashes = 0;
const counting = createHook({ init: (_, type) => void (type === 'SCRYPTREQUEST' && hashes++) });
beforeAll(() => void counting.enable());
afterAll(() => void counting.disable());

it('is one hash at the same cost for an unknown number, a wrong password and a right password', async () => {
  const stored = await hashPassword('right');
  const each: number[] = [];
  for (const [password, hash] of [
    ['right', stored],
    ['wrong', stored],
    ['wrong', undefined],
  ] as const) {
    hashes = 0;
    await passwordMatches(password, hash);
    each.push(hashes);
  }
  expect(each).toEqual([1, 1, 1]);
  const costOf = (hash: string) =>
    hash.split('$').map((part, index) => (index < 4 ? part : Buffer.from(part, 'base64url').length));
  expect(costOf(UNMATCHABLE_HASH)).toEqual(costOf(stored));
});
