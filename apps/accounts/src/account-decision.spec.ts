import { describe, expect, it } from 'vitest';
import { numberKeys, onNumber, onOwn, ownKeys, StaleHoldersError, type HoldersRead } from './account-decision.js';
import type { Account, PhoneNumber } from './account.js';
import type { RevocationRow } from './revocation.js';
import { countTry, failureKeys, onFailures } from './sign-in-failure.js';
import type { AccountState } from './tables.js';

const NOW = new Date('2026-11-21T12:00:00Z');
const PHONE = '+15550000001';
const [ann, bob] = ['ann', 'bob'].map((id) => ({ id, phone: PHONE, version: 1 }) as Account) as [Account, Account];
const number = { phone: PHONE, version: 3 } as PhoneNumber;
const revocation = { id: 'token', userId: 'ann', version: 1 } as RevocationRow;
const state = { phones: { [PHONE]: number }, accounts: { ann, bob }, revocations: { token: revocation } };
const read = (version: number, ...accounts: Account[]): HoldersRead => ({ phone: PHONE, version, accounts });
const empty: AccountState = { phones: {}, accounts: {}, revocations: {} };

describe('a rule about the accounts of a number', () => {
  it('locks the number, its accounts and that of the request, each once', () => {
    expect(numberKeys(read(3, ann, bob), 'bob')).toEqual({
      phones: [PHONE],
      accounts: ['ann', 'bob'],
      revocations: ['ann', 'bob'],
    });
    expect(numberKeys(read(0), 'new').accounts).toEqual(['new']);
  });

  it('gets them in the order in which they were read, and its change becomes the decision', () => {
    const decide = onNumber(read(3, bob, ann), 'ann', (holders, now) => {
      expect([holders, now]).toEqual([{ phone: PHONE, number, accounts: [bob, ann], own: ann }, NOW]);
      return { number, accounts: [bob], messages: [], reply: 'done' };
    });
    expect(decide(state, NOW)).toEqual({
      state: { phones: { [PHONE]: number }, accounts: { bob }, revocations: {} },
      messages: [],
      reply: 'done',
    });
  });

  it('is not applied when the number has changed since they were read', () => {
    const decide = (version: number) => onNumber(read(version), 'ann', () => ({ reply: 'done' }));
    for (const version of [2, 4, 0]) expect(() => decide(version)(state, NOW)).toThrow(StaleHoldersError);
    expect(() => decide(1)(empty, NOW)).toThrow(StaleHoldersError);
    expect(decide(0)(empty, NOW)).toMatchObject({ reply: 'done' });
  });
});

it('a rule about an own account gets the account and the revocation that it names', () => {
  const own = { userId: 'ann', revoked: 'token' };
  expect(ownKeys(own)).toEqual({ accounts: ['ann'], revocations: ['token'] });
  const problem = { type: 'about:blank', status: 409, title: 'No' };
  const decide = onOwn(own, (rows, now) => {
    expect([rows, now]).toEqual([{ account: ann, revocation }, NOW]);
    return { revocations: [revocation], problem };
  });
  expect(decide(state, NOW)).toEqual({ state: { accounts: {}, revocations: { token: revocation } }, problem });
});

it('a failed sign-in is counted for its number and address together, and for its address alone', () => {
  const of = { phone: PHONE, client: '192.0.2.1' };
  const [pair, address] = failureKeys(of).failures as [string, string];
  expect([pair, address]).toEqual([`${PHONE}/192.0.2.1`, '*/192.0.2.1']);
  const decide = onFailures(of, countTry);
  const first = decide({ failures: {} }, NOW).state!.failures!;
  expect(first).toMatchObject({
    [pair]: { ...of, failures: 1, version: 1 },
    [address]: { phone: '*', client: of.client, failures: 1, version: 1 },
  });
  expect(decide({ failures: { [address]: first[address] } }, NOW).state!.failures).toMatchObject({
    [pair]: { failures: 1 },
    [address]: { failures: 2, version: 2 },
  });
});
