import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  resendCode,
  signUp,
  verifyPhone,
  type Account,
  type AccountLimits,
  type Change,
  type Holders,
} from './account.js';

const NOW = new Date('2026-11-21T12:00:00Z');
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000);
const minutesLater = (minutes: number) => later(minutes * 60);
const DAY = 86_400;
const id = (n: number) => `00000000-0000-7000-8000-00000000000${n.toString(16)}`;
const REQUEST = {
  userId: id(10),
  phone: '+15550000001',
  name: 'Ann',
  role: 'customer' as const,
  passwordHash: 'scrypt$hash',
  code: '123456',
};
const LIMITS: AccountLimits = {
  holdMs: 60_000,
  unverifiedMs: 7 * DAY * 1_000,
  resendMs: 60_000,
  codesPerAccount: 5,
  codesPerNumber: 10,
  tokensMs: DAY * 1_000,
};
const NOBODY: Holders = { phone: REQUEST.phone, number: undefined, accounts: [], own: undefined };

/** The state that the number's next change reads. */
const after = (holders: Holders, { number, accounts = [] }: Change<unknown>): Holders => {
  const byId = new Map([...holders.accounts, ...accounts].map((account) => [account.id, account]));
  return {
    ...holders,
    number: number ?? holders.number,
    accounts: [...byId.values()].filter(({ phone }) => phone !== null),
  };
};
const joins = (holders: Holders, userId: string, now: Date, request: Partial<typeof REQUEST> = {}): Holders =>
  after(holders, signUp(holders, { ...REQUEST, ...request, userId }, LIMITS, now));
const fresh = (): Holders => joins(NOBODY, REQUEST.userId, NOW);
const named = (holders: Holders, userId = REQUEST.userId): Account =>
  holders.accounts.find((account) => account.id === userId)!;
const statusOf = (decide: () => Change<unknown>): number => {
  try {
    return decide().problem?.status ?? 200;
  } catch (error) {
    return (error as { problem: { status: number } }).problem.status;
  }
};
const sent = ({ messages = [] }: Change<unknown>) =>
  messages.map(({ contract, data }) => [contract.type, (data as { userId: string }).userId]);
const verify = (holders: Holders, code: string, now = NOW, userId = REQUEST.userId) =>
  verifyPhone(holders, userId, code, LIMITS, now);

/** Makes guesses one after the other, each on the state after the one before. */
function guess(holders: Holders, codes: string[], now = NOW): { holders: Holders; statuses: number[] } {
  const statuses: number[] = [];
  for (const code of codes) {
    statuses.push(statusOf(() => verify(holders, code, now)));
    if (statuses.at(-1) !== 429) holders = after(holders, verify(holders, code, now));
  }
  return { holders, statuses };
}

describe('signUp', () => {
  it('creates an unverified account and publishes it, with the code for the SMS', () => {
    const { accounts, messages, reply } = signUp(NOBODY, REQUEST, LIMITS, NOW);
    expect(accounts).toMatchObject([
      { id: REQUEST.userId, phone: REQUEST.phone, role: 'customer', verifiedAt: null, version: 1 },
    ]);
    expect(reply).toEqual({ id: REQUEST.userId, phone: REQUEST.phone, name: 'Ann' });
    expect(messages?.map(({ contract, data }) => [contract.type, data])).toEqual([
      ['account.registered', { userId: REQUEST.userId, phone: REQUEST.phone, name: 'Ann', code: '123456', version: 1 }],
    ]);
  });

  it('does not store the code itself in the account', () => {
    expect(JSON.stringify(fresh())).not.toContain('123456');
  });

  it('refuses a number that was taken just now, and a verified one for good', () => {
    expect(statusOf(() => signUp(fresh(), { ...REQUEST, userId: id(11) }, LIMITS, later(59)))).toBe(409);
    const proved = after(fresh(), verify(fresh(), '123456'));
    expect(statusOf(() => signUp(proved, { ...REQUEST, userId: id(11) }, LIMITS, later(400 * DAY)))).toBe(409);
  });

  it('refuses the id of an account that has lost its number', () => {
    const own = { ...named(fresh()), phone: null };
    expect(statusOf(() => signUp({ ...NOBODY, own }, REQUEST, LIMITS, NOW))).toBe(409);
  });

  it('creates another account beside one that has not verified the number, which continues', () => {
    const both = joins(fresh(), id(11), later(60));
    expect(both.accounts.map(({ phone, tokenEpoch }) => [phone, tokenEpoch])).toEqual([
      [REQUEST.phone, 0],
      [REQUEST.phone, 0],
    ]);
  });

  it('takes the number from an account that has not verified it for a week, and from the oldest of three', () => {
    const old = signUp(fresh(), { ...REQUEST, userId: id(11) }, LIMITS, later(7 * DAY));
    expect([old.accounts!.find((account) => account.id === REQUEST.userId), sent(old).at(-1)]).toEqual([
      expect.objectContaining({ phone: null, tokenEpoch: 1, codeHash: null }),
      ['account.tokens_revoked', REQUEST.userId],
    ]);
    const three = joins(joins(fresh(), id(11), later(60)), id(12), later(120));
    const fourth = joins(three, id(13), later(180));
    expect(fourth.accounts.map((account) => account.id).sort()).toEqual([id(11), id(12), id(13)]);
  });

  it('sends one number ten codes a day, for all accounts together', () => {
    let [holders, now] = [NOBODY, NOW];
    for (let n = 0; n < 10; n++, now = new Date(now.getTime() + 60_000)) holders = joins(holders, id(n), now);
    expect(() => joins(holders, id(15), now)).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ status: 429, retryAfter: DAY - 600 }) }),
    );
    expect(joins(holders, id(15), later(DAY)).accounts.map((account) => account.id)).toContain(id(15));
  });
});

describe('verifyPhone', () => {
  it('accepts the code once and publishes it', () => {
    const proof = verify(fresh(), '123456', minutesLater(9));
    expect(proof.accounts).toMatchObject([{ verifiedAt: minutesLater(9), codeHash: null, version: 2 }]);
    expect(sent(proof)).toEqual([['account.verified', REQUEST.userId]]);
    expect(verify(after(fresh(), proof), '123456')).toEqual({});
  });

  it('gives the number to the account that verifies it, and takes it and every token from the others', () => {
    const both = joins(fresh(), id(11), later(60), { code: '654321' });
    const proof = verify(both, '654321', later(61), id(11));
    expect(sent(proof)).toEqual([
      ['account.verified', id(11)],
      ['account.tokens_revoked', REQUEST.userId],
    ]);
    expect(after(both, proof).accounts).toEqual([expect.objectContaining({ id: id(11), verifiedAt: later(61) })]);
    expect(proof.revocations).toEqual([expect.objectContaining({ id: REQUEST.userId, minEpoch: 1, keep: null })]);
    expect(statusOf(() => verify(after(both, proof), '123456', later(62)))).toBe(404);
  });

  it('treats the code of another account with this number as a wrong one', () => {
    const both = joins(fresh(), id(11), later(60), { code: '654321' });
    expect(statusOf(() => verify(both, '123456', later(61), id(11)))).toBe(422);
  });

  it('refuses the right code after ten minutes', () => {
    expect(guess(fresh(), ['123456'], minutesLater(10)).statuses).toEqual([422]);
  });

  it('accepts the right code on the fifth try and no code on the sixth', () => {
    const wrong = (count: number) => Array.from({ length: count }, () => '000000');
    expect(guess(fresh(), [...wrong(4), '123456']).statuses).toEqual([422, 422, 422, 422, 200]);
    expect(guess(fresh(), [...wrong(5), '123456', '123456']).statuses).toEqual([422, 422, 422, 422, 422, 429, 429]);
  });

  it('verifies if and only if the code is among the first five guesses', () => {
    const code = fc.constantFrom('123456', '000000', '111111');
    fc.assert(
      fc.property(fc.array(code, { maxLength: 12 }), (guesses) => {
        const account = named(guess(fresh(), guesses).holders);
        expect(account.verifiedAt !== null).toBe(guesses.slice(0, 5).includes('123456'));
        expect(account.codeTries).toBeLessThanOrEqual(5);
      }),
    );
  });
});

describe('resendCode', () => {
  const resend = (holders: Holders, now: Date, code = '654321') =>
    resendCode(holders, REQUEST.userId, code, LIMITS, now);

  it('issues a new code, with five guesses and ten minutes, and the former code is void', () => {
    const used = guess(fresh(), ['000000', '000000', '000000', '000000', '000000']).holders;
    const decision = resend(used, minutesLater(9));
    expect(sent(decision)).toEqual([['account.code_issued', REQUEST.userId]]);
    const again = after(used, decision);
    expect(guess(again, ['123456', '654321'], minutesLater(18)).statuses).toEqual([422, 200]);
  });

  it('requires a minute between two codes, and returns the time left', () => {
    const once = after(fresh(), resend(fresh(), NOW));
    expect(() => resend(once, later(59))).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ status: 429, retryAfter: 1 }) }),
    );
    expect(statusOf(() => resend(once, later(60)))).toBe(200);
  });

  it('gives one account five codes a day, including that of the sign-up', () => {
    let holders = fresh();
    for (let n = 0; n < 4; n++) holders = after(holders, resend(holders, minutesLater(n)));
    expect(statusOf(() => resend(holders, minutesLater(9)))).toBe(429);
    expect(statusOf(() => resend(holders, later(DAY)))).toBe(200);
  });

  it('does nothing for a verified number, and is 404 for a lost one', () => {
    expect(resend(after(fresh(), verify(fresh(), '123456')), NOW)).toEqual({});
    expect(statusOf(() => resend({ ...fresh(), accounts: [] }, NOW))).toBe(404);
  });
});
