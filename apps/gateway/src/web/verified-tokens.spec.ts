import { describe, expect, it } from 'vitest';
import { VerifiedTokens } from './verified-tokens.js';

const ANN = { id: 'ann', role: 'customer', tokenId: 'a', epoch: 0, expiresAt: 60 } as const;

describe('verified tokens', () => {
  it('are cached until they expire, and not a moment longer', () => {
    let now = 0;
    const tokens = new VerifiedTokens(10, () => now);
    tokens.remember('a', ANN, 60);
    now = 59_999;
    expect(tokens.callerOf('a')).toEqual(ANN);
    now = 60_000;
    expect([tokens.callerOf('a'), tokens.size]).toEqual([undefined, 0]);
  });

  it('are bounded, and the least recently used are evicted first', () => {
    const tokens = new VerifiedTokens(2, () => 0);
    for (const token of ['a', 'b']) tokens.remember(token, ANN, 60);
    tokens.callerOf('a');
    tokens.remember('c', ANN, 60);
    expect(['a', 'b', 'c'].map((token) => tokens.callerOf(token)?.id)).toEqual(['ann', undefined, 'ann']);
  });

  it('are identified by every character', () => {
    const tokens = new VerifiedTokens();
    tokens.remember('a.b.c', ANN, Number.MAX_SAFE_INTEGER);
    expect(tokens.callerOf('a.b.d')).toBeUndefined();
  });
});
