import type { Channel, Message, ProfileChanged } from '@sluice/contracts';
import type { Decision, Recipient, State } from './tables.js';
import { noTexts } from './text-limit.js';

export const recipientIn = ({ recipients }: State, userId: string): Recipient =>
  recipients[userId] ?? unknownRecipient(userId);

/** The change of one person, of whom nothing may be known yet. */
export function known(state: State, userId: string, change: (before: Recipient) => Recipient) {
  const before = recipientIn(state, userId);
  return { recipients: { [userId]: { ...change(before), version: before.version + 1 } } };
}

const unknownRecipient = (userId: string): Recipient => ({
  ...{ userId, phone: null, name: null, verifiedAt: null, waiting: [], entries: 0, watches: 0 },
  ...{ email: null, language: 'en', channels: null, profileVersion: 0, emails: 0, emailsSince: null },
  ...noTexts,
  version: 0,
});

export const hasChosen = ({ channels }: Recipient, channel: Channel): boolean =>
  channels === null || channels.includes(channel);

/** On `account.profile_changed`: how the person wants to be told. An older fact is ignored. */
export function learnProfile(state: State, { data }: Message<typeof ProfileChanged>): Decision {
  const { userId, email, language, channels, version: profileVersion } = data;
  if (recipientIn(state, userId).profileVersion >= profileVersion) return {};
  return { state: known(state, userId, (before) => ({ ...before, email, language, channels, profileVersion })) };
}
