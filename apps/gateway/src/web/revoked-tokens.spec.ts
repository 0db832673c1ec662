import { describe, expect, it } from 'vitest';
import { RevokedTokens } from './revoked-tokens.js';

const at = (seconds: number) => new Date(seconds * 1_000).toISOString();
const token = (tokenId: string, epoch = 0, id = 'ann') => ({ id, tokenId, epoch });

describe('revoked tokens', () => {
  it('are one, by its id, or all of a user below an epoch but one', () => {
    const revoked = new RevokedTokens(() => 0);
    revoked.add({ userId: 'ann', tokenId: 'a', expiresAt: at(60) });
    revoked.add({ userId: 'bob', minEpoch: 2, keep: 'k', expiresAt: at(60) });
    expect([token('a'), token('b')].map((each) => revoked.has(each))).toEqual([true, false]);
    expect([token('c', 1, 'bob'), token('k', 1, 'bob'), token('c', 2, 'bob')].map((each) => revoked.has(each))).toEqual(
      [true, false, false],
    );
  });

  it('are removed when they have expired, and not before', () => {
    let now = 0;
    const revoked = new RevokedTokens(() => now);
    revoked.add({ userId: 'ann', tokenId: 'a', expiresAt: at(60) });
    revoked.add({ userId: 'bob', minEpoch: 1, expiresAt: at(61) });
    now = 59_999;
    revoked.prune();
    expect(revoked.size).toBe(2);
    now = 60_000;
    revoked.prune();
    expect(revoked.size).toBe(1);
  });

  it('do not accumulate, however many arrive between two refreshes', () => {
    let now = 0;
    const revoked = new RevokedTokens(() => now);
    for (let n = 0; n < 10_000; n++, now += 1_000)
      revoked.add({ userId: 'ann', tokenId: String(n), expiresAt: at(n + 10) });
    expect(revoked.size).toBeLessThan(1_100);
    expect([revoked.has(token('9999')), revoked.has(token('9991'))]).toEqual([true, true]);
  });
});
