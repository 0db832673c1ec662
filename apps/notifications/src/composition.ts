import {
  type AccountRegistered,
  type AccountVerified,
  type CodeIssued,
  InboxDelivery,
  type Message,
  type Outgoing,
  SmsDelivery,
} from '@sluice/contracts';
import { namedIds } from '@sluice/persistence';
import { announce, type Fact } from './notice.js';
import type { Decision, Notice, Recipient, State, Text, Unsent } from './tables.js';
import { countText, noTexts, type TextLimits } from './text-limit.js';

/** Changing the namespace would make every delivery a second time. */
const idOf = namedIds('0a6f3b52-53c5-4c4e-8f67-3a3c3f0b7a1d');

/** The same id for the same fact, person and channel, however often it is computed. */
export const deliveryId = (factId: string, userId: string, channel: string): string =>
  idOf(`${factId}/${userId}/${channel}`);

/**
 * Texts kept per person until the phone number arrives. The inbox has all of them; later texts are of more use than
 * earlier ones.
 */
const MAX_WAITING = 100;

/**
 * Composes the deliveries of a fact. The inbox gets every fact. Texts go to a verified number, up to the daily limit;
 * until the number arrives, they wait in the person's row.
 */
export function notify(state: State, fact: Fact, limits: TextLimits, now: Date): Decision {
  const { userId } = fact.data;
  const recipient = state.recipients[userId] ?? unknownRecipient(userId);
  const { sms, inbox } = noticesOf(fact, now);
  const messages = inbox ? [InboxDelivery({ userId, ...inbox })] : [];
  if (!sms) return { messages };
  if (recipient.phone !== null) return sendOrWithhold(recipient, [sms], limits, now, messages);
  const waiting = [...recipient.waiting, sms];
  const dropped = waiting.slice(0, -MAX_WAITING).map((notice) => unsent(notice, userId, 'expired', TOO_MANY, now));
  const after = { ...recipient, waiting: waiting.slice(-MAX_WAITING), version: recipient.version + 1 };
  return { state: { recipients: { [userId]: after } }, append: { newDeliveries: dropped }, messages };
}

type Registered = Message<typeof AccountRegistered>;
type Issued = Message<typeof CodeIssued>;
type Verified = Message<typeof AccountVerified>;

/** On `account.registered`: the number is stored, but not verified yet, so waiting texts are not sent. */
export function welcome(state: State, fact: Registered, limits: TextLimits, now: Date): Decision {
  const { userId, phone, name } = fact.data;
  const before = state.recipients[userId] ?? unknownRecipient(userId);
  const met = sendOrWithhold({ ...before, phone, name }, before.waiting, limits, now);
  return merged(met, sendCodeText(state, fact, limits, now));
}

/** On `account.code_issued`: sends another code. The person's number may not be stored here yet. */
export const sendCode = (state: State, fact: Issued, limits: TextLimits, now: Date): Decision =>
  sendCodeText(state, fact, limits, now);

/** On `account.verified`: the number is this person's, so texts are sent as well. */
export function verify(state: State, { data: { userId, phone } }: Verified, limits: TextLimits, now: Date): Decision {
  const before = state.recipients[userId] ?? unknownRecipient(userId);
  return sendOrWithhold({ ...before, phone, verifiedAt: before.verifiedAt ?? now }, before.waiting, limits, now);
}

const unknownRecipient = (userId: string): Recipient => ({
  ...{ userId, phone: null, name: null, verifiedAt: null, waiting: [] },
  ...noTexts,
  version: 0,
});

/** Sends each notice to the person's number or withholds it; no notice waits after that. */
function sendOrWithhold(
  recipient: Recipient,
  notices: readonly Notice[],
  limits: TextLimits,
  now: Date,
  others: readonly Outgoing[] = [],
): Decision {
  const { userId } = recipient;
  let after: Recipient = { ...recipient, waiting: [], version: recipient.version + 1 };
  const [sent, withheld]: [Notice[], Unsent[]] = [[], []];
  for (const notice of notices) {
    const counted = after.verifiedAt === null ? undefined : countText(after, limits.textsPerAccount, now);
    if (counted) sent.push(notice);
    else withheld.push(unsent(notice, userId, 'withheld', withheldReason(after), now));
    after = counted ?? after;
  }
  const { append, messages } = withTexts(sent, recipient.phone!, userId);
  const appended = { ...append, newDeliveries: withheld };
  return { state: { recipients: { [userId]: after } }, append: appended, messages: [...others, ...messages] };
}

const withheldReason = ({ verifiedAt }: Recipient): string => (verifiedAt === null ? NOT_VERIFIED : DAILY_LIMIT);

/**
 * Sends a code to any number, up to the daily limit. The code is not stored: if its message is lost, the user
 * requests another.
 */
function sendCodeText(state: State, fact: Registered | Issued, limits: TextLimits, now: Date): Decision {
  const { userId, phone } = fact.data;
  const { sms } = noticesOf(fact, now);
  if (!sms) return {};
  const number = state.numbers[phone] ?? { phone, ...noTexts, version: 0 };
  const counted = countText(number, limits.codesPerNumber, now);
  if (!counted) return { append: { newDeliveries: [unsent(sms, userId, 'withheld', DAILY_LIMIT, now)] } };
  const after = { ...counted, version: number.version + 1 };
  return { state: { numbers: { [phone]: after } }, messages: [smsOf({ ...sms, userId, phone })] };
}

const merged = (one: Decision, other: Decision): Decision => ({
  state: { ...one.state, ...other.state },
  append: {
    newTexts: one.append?.newTexts ?? [],
    newDeliveries: [...(one.append?.newDeliveries ?? []), ...(other.append?.newDeliveries ?? [])],
  },
  messages: [...(other.messages ?? []), ...(one.messages ?? [])],
});

/** Stores each text until its outcome is recorded, since its message may be lost. */
const withTexts = (notices: readonly Notice[], phone: string, userId: string) => {
  const texts = notices.map(({ id, about, text }) => ({ id, about, text, userId, phone, version: 1 }));
  return { append: { newTexts: texts }, messages: texts.map(smsOf) };
};

export function smsOf({ id, userId, about, text, phone, recorded, until }: Addressed): Outgoing {
  const secret = { ...(recorded !== undefined && { recorded }), ...(until !== undefined && { until }) };
  return SmsDelivery({ id, userId, about, text, phone, ...secret });
}

type Addressed = Pick<Text, 'userId' | 'phone'> & Notice;

const TOO_MANY = `${MAX_WAITING} later texts wait for the phone number`;
const NOT_VERIFIED = 'the number is not verified; the notice is in the inbox';
const DAILY_LIMIT = 'the daily limit of texts to this number is reached';

function unsent(notice: Notice, userId: string, status: Unsent['status'], reason: string, now: Date): Unsent {
  const { id, about, text, recorded } = notice;
  const content = { id, userId, about, text: recorded ?? text, channel: 'sms' as const };
  return { ...content, status, reason, providerReference: null, createdAt: now, sentAt: null, version: 1 };
}

function noticesOf(fact: Fact, now: Date): { sms?: Notice; inbox?: Notice } {
  const { channels, about, text, recorded, goodForMs } = announce(fact);
  const until = goodForMs === undefined ? {} : { until: new Date(now.getTime() + goodForMs).toISOString() };
  const notice = { about, text, ...(recorded !== undefined && { recorded }), ...until };
  const idFor = (channel: string): string => deliveryId(fact.id, fact.data.userId, channel);
  return Object.fromEntries(channels.map((channel) => [channel, { id: idFor(channel), ...notice }]));
}
