import { describe, expect, it } from 'vitest';
import { noPreferences, type Account } from './account.js';
import { changeProfile, profileOf } from './profile.js';

const ann = {
  ...{ id: 'ann', phone: '+15550001', name: 'Ann', verifiedAt: null, passwordHash: 'hash', version: 4 },
  ...noPreferences,
} as Account;
const change = (wanted: Parameters<typeof changeProfile>[1], account: Account | undefined = ann) =>
  changeProfile({ account, revocation: undefined }, wanted);
const shown = { id: 'ann', phone: '+15550001', name: 'Ann', verified: false };

it('shows every channel and English before anything was chosen, and no address', () => {
  expect(profileOf(ann)).toEqual({ ...shown, language: 'en', channels: ['sms', 'email', 'inbox'] });
});

describe('a change of the profile', () => {
  it('sets what is named, keeps the rest, and publishes all of it with the new version', () => {
    const { accounts, messages, reply } = change({ email: 'ann@example.org', language: 'zh' });
    expect(reply).toEqual({
      ...{ ...shown, email: 'ann@example.org', language: 'zh', channels: ['sms', 'email', 'inbox'] },
    });
    expect(accounts).toEqual([{ ...ann, email: 'ann@example.org', language: 'zh', version: 5 }]);
    expect(messages?.map(({ contract, data }) => [contract.type, data])).toEqual([
      [
        'account.profile_changed',
        { userId: 'ann', email: 'ann@example.org', language: 'zh', channels: ['sms', 'email', 'inbox'], version: 5 },
      ],
    ]);
    expect(change({ channels: ['email'] }, accounts![0]).reply).toMatchObject({
      ...{ email: 'ann@example.org', language: 'zh', channels: ['email', 'inbox'] },
    });
  });

  it('keeps the inbox, whatever is chosen, and each channel once', () => {
    expect(change({ channels: [] }).reply).toMatchObject({ channels: ['inbox'] });
    expect(change({ channels: ['inbox', 'sms', 'sms'] }).reply).toMatchObject({ channels: ['sms', 'inbox'] });
  });

  it('removes the address', () => {
    const { accounts } = change({ email: 'ann@example.org' });
    expect(change({ email: null }, accounts![0]).reply).not.toHaveProperty('email');
  });

  it('changes and publishes nothing when it is so already', () => {
    const { accounts } = change({ channels: ['sms'] });
    for (const wanted of [{}, { language: 'en' as const }, { channels: ['sms' as const] }])
      expect(Object.keys(change(wanted, accounts![0]))).toEqual(['reply']);
  });

  it('is 404 without an account, and without its number', () => {
    expect(() => changeProfile({ account: undefined, revocation: undefined }, {})).toThrow(/No such account/);
    expect(() => change({ language: 'zh' }, { ...ann, phone: null })).toThrow(/No such account/);
  });
});
