import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signUp, verifyPhone, type Account } from './account.js';

const NOW = new Date('2026-11-21T12:00:00Z');
const minutesLater = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);
const REQUEST = { userId: '00000000-0000-7000-8000-00000000000a', phone: '+15550000001', name: 'Ann', role: 'customer' as const, passwordHash: 'scrypt$hash', code: '123456' };
const fresh = (): Account => signUp(undefined, REQUEST, NOW).account!;

/** Guesses one after the other, each on the state that the one before left. */
function guess(account: Account, codes: string[], now = NOW): { account: Account; statuses: number[] } {
  const statuses: number[] = [];
  for (const code of codes) {
    try {
      const { account: next, reply } = verifyPhone(account, code, now);
      account = next ?? account;
      statuses.push(reply?.problem.status ?? 204);
    } catch (error) {
      statuses.push((error as { problem: { status: number } }).problem.status);
    }
  }
  return { account, statuses };
}

describe('signUp', () => {
  it('opens an unverified account and tells the world, with the code for the SMS', () => {
    const { account, messages, reply } = signUp(undefined, REQUEST, NOW);
    expect(account).toMatchObject({ id: REQUEST.userId, phone: REQUEST.phone, role: 'customer', verifiedAt: null, version: 1 });
    expect(reply).toEqual({ id: REQUEST.userId, phone: REQUEST.phone, name: 'Ann' });
    expect(messages?.map(({ contract, data }) => [contract.type, data])).toEqual([
      ['account.registered', { userId: REQUEST.userId, phone: REQUEST.phone, name: 'Ann', code: '123456', version: 1 }],
    ]);
  });

  it('keeps the code itself out of the account', () => {
    expect(JSON.stringify(fresh())).not.toContain('123456');
  });

  it('refuses a phone number that is taken', () => {
    const other = { ...REQUEST, userId: '00000000-0000-7000-8000-00000000000b' };
    expect(() => signUp(fresh(), other, NOW)).toThrow(expect.objectContaining({ problem: expect.objectContaining({ status: 409 }) }));
  });

  it('answers a repeat of the same request without changing anything', () => {
    expect(signUp(fresh(), { ...REQUEST, code: '654321' }, NOW)).toEqual({ reply: { id: REQUEST.userId, phone: REQUEST.phone, name: 'Ann' } });
  });
});

describe('verifyPhone', () => {
  it('accepts the code once and says so', () => {
    const { account, messages } = verifyPhone(fresh(), '123456', minutesLater(9));
    expect(account).toMatchObject({ verifiedAt: minutesLater(9), codeHash: null, version: 2 });
    expect(messages?.map(({ contract }) => contract.type)).toEqual(['account.verified']);
    expect(verifyPhone(account!, '123456', NOW)).toEqual({});
  });

  it('refuses the right code after ten minutes', () => {
    expect(guess(fresh(), ['123456'], minutesLater(10)).statuses).toEqual([422]);
  });

  it('accepts the right code on the fifth try and no code on the sixth', () => {
    const wrong = (count: number) => Array.from({ length: count }, () => '000000');
    expect(guess(fresh(), [...wrong(4), '123456']).statuses).toEqual([422, 422, 422, 422, 204]);
    expect(guess(fresh(), [...wrong(5), '123456', '123456']).statuses).toEqual([422, 422, 422, 422, 422, 429, 429]);
  });

  it('verifies if and only if the code is among the first five guesses', () => {
    const code = fc.constantFrom('123456', '000000', '111111');
    fc.assert(
      fc.property(fc.array(code, { maxLength: 12 }), (guesses) => {
        const { account } = guess(fresh(), guesses);
        expect(account.verifiedAt !== null).toBe(guesses.slice(0, 5).includes('123456'));
        expect(account.codeTries).toBeLessThanOrEqual(5);
      }),
    );
  });
});
