import { describe, expect, it } from 'vitest';
import type { Account } from './account.js';
import { changePassword, passwordChanged, setRole, signOut, type Own } from './own-account.js';

const NOW = new Date('2026-11-21T12:00:00Z');
const IN_A_DAY = new Date('2026-11-22T12:00:00Z');
const [ANN, ONE, OTHER] = ['ann', 'one', 'other'];
const account = { id: ANN, role: 'customer', tokenEpoch: 0, passwordHash: 'old', version: 1 } as Account;
const own = (change: Partial<Own> = {}): Own => ({ account, revocation: undefined, ...change });
const change = (before: Own, keep: string) =>
  changePassword(before, { passwordHash: 'new', keep, tokensMs: 86_400_000 }, NOW);

describe('a change of the password', () => {
  it('revokes the tokens of former epochs except the one that made the change, and publishes it', () => {
    const { accounts, revocations, messages, reply } = change(own(), ONE);
    expect(accounts).toEqual([{ ...account, passwordHash: 'new', tokenEpoch: 1, version: 2 }]);
    expect(revocations).toMatchObject([{ id: ANN, minEpoch: 1, keep: ONE, expiresAt: IN_A_DAY, version: 1 }]);
    expect(reply).toEqual({ userId: ANN, minEpoch: 1, keep: ONE, expiresAt: IN_A_DAY.toISOString() });
    expect(messages?.map(({ data }) => data)).toEqual([{ ...reply, version: 1 }]);
  });

  it('revokes also the token that an earlier change has kept', () => {
    const first = change(own(), ONE);
    const second = change(own({ account: first.accounts![0]!, revocation: first.revocations![0]! }), OTHER);
    expect(second.revocations).toMatchObject([{ minEpoch: 2, keep: OTHER, version: 2 }]);
  });

  it('gets the same reply again, and changes nothing, when it was made before', () => {
    const { revocations, reply } = change(own(), ONE);
    expect(passwordChanged(own({ revocation: revocations![0]! }))).toEqual({ reply });
  });
});

describe('a change of the role', () => {
  it('revokes all tokens, and none when the role stays the same', () => {
    expect(setRole(own(), { role: 'admin', tokensMs: 1 }, NOW).revocations).toMatchObject([
      { minEpoch: 1, keep: null },
    ]);
    expect(setRole(own(), { role: 'customer', tokensMs: 1 }, NOW)).toEqual({});
  });
});

it('signing out is published once for several requests', () => {
  const token = { userId: ANN, tokenId: ONE, expiresAt: IN_A_DAY };
  const first = signOut(undefined, token, NOW);
  expect(first.messages).toHaveLength(1);
  expect(signOut(first.revocations![0], token, NOW)).toEqual({ reply: first.reply });
});
