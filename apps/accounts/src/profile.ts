import { CHANNELS, type Channel, type ChangeProfile, type Data, type Profile, ProfileChanged } from '@sluice/contracts';
import { noSuchAccount, type Account, type Change } from './account.js';
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
  const preferences = { userId: account.id, email, language, channels: reply.channels };
  return { accounts: [after], messages: [ProfileChanged({ ...preferences, version: after.version })], reply };
}

const isSame = (one: Preferences, other: Preferences): boolean =>
  one.email === other.email &&
  one.language === other.language &&
  JSON.stringify(one.channels) === JSON.stringify(other.channels);
