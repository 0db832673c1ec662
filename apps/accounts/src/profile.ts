import {
  AccountVerified,
  CHANNELS,
  type Channel,
  type ChangeProfile,
  type Data,
  type Outgoing,
  type Profile,
  ProfileChanged,
} from '@sluice/contracts';
import { noPreferences, noSuchAccount, type Account, type Change } from './account.js';
import type { Own } from './own-account.js';

/** How a person wants to be told. */
export type Preferences = Pick<Account, 'email' | 'language' | 'channels'>;

/** What a person sees of their account. */
export type ShownAccount = Preferences & Pick<Account, 'id' | 'name' | 'phone' | 'verifiedAt'>;

/** @throws ProblemError 404 no such account, or another account has its number now */
export function profileOf({ id, name, phone, verifiedAt, email, ...preferences }: ShownAccount): Profile {
  if (phone === null) throw noSuchAccount();
  const { language } = preferences;
  const verified = verifiedAt !== null;
  const channels = channelsOf(preferences);
  return { id, phone, name, verified, ...(email !== null && { email }), language, channels };
}

/** The inbox has every notice. */
const channelsOf = ({ channels }: Pick<Preferences, 'channels'>): Channel[] =>
  CHANNELS.filter((channel) => channel === 'inbox' || channels === null || channels.includes(channel));

/** Changes what is named, and nothing else. @throws ProblemError 404 */
export function changeProfile(own: Own, wanted: Omit<Data<typeof ChangeProfile>, 'userId'>): Change<Profile> {
  const { account } = own;
  if (!account) throw noSuchAccount();
  const { email = account.email, language = account.language } = wanted;
  const channels = wanted.channels ? channelsOf({ channels: wanted.channels }) : account.channels;
  const after = { ...account, email, language, channels, version: account.version + 1 };
  const reply = profileOf(after);
  if (isSame(after, account)) return { reply };
  return { accounts: [after], messages: [preferencesOf(after)], reply };
}

const preferencesOf = (account: Account): Outgoing =>
  ProfileChanged({
    userId: account.id,
    email: account.email,
    language: account.language,
    channels: channelsOf(account),
    version: account.version,
  });

/** The account's facts again, for those who may have missed them: the verified number, and the preferences. */
export function announceAccount({ account }: Own): Change {
  if (!account || account.phone === null) return {};
  const { id: userId, phone, verifiedAt, version } = account;
  return {
    messages: [
      ...(verifiedAt === null ? [] : [AccountVerified({ userId, phone, version })]),
      ...(hasPreferences(account) ? [preferencesOf(account)] : []),
    ],
  };
}

const hasPreferences = (account: Preferences): boolean => !isSame(account, noPreferences);

const isSame = (one: Preferences, other: Preferences): boolean =>
  one.email === other.email &&
  one.language === other.language &&
  JSON.stringify(one.channels) === JSON.stringify(other.channels);
