import {
  type AccountRegistered,
  type AccountVerified,
  type CodeIssued,
  type Message,
  type Outgoing,
  SmsDelivery,
} from '@sluice/contracts';
import { v5 } from 'uuid';
import { announce, type Fact } from './notice.js';
import type { Decision, Notice, Recipient, Sent, State, Text, Unsent } from './tables.js';
import { countText, noTexts, type TextLimits } from './text-limit.js';

/** The namespace of delivery ids (RFC 9562, section 5.5); changing it would make every delivery a second time. */
const DELIVERIES = '0a6f3b52-53c5-4c4e-8f67-3a3c3f0b7a1d';

/** The same id for the same fact, person and channel, however often it is computed. */
export const deliveryId = (factId: string, userId: string, channel: string): string =>
  v5(`${factId}/${userId}/${channel}`, DELIVERIES);

/**
 * Composes the deliveries of a fact. The inbox gets every fact, and is recorded here, without a message. Texts go to a
 * verified number, up to the daily limit; until the number arrives, they wait (`release.ts`).
 */
export function notify(state: State, fact: Fact, limits: TextLimits, now: Date): Decision {
  const before = recipientIn(state, fact.data.userId);
  const { sms, inbox } = noticesOf(fact, now);
  const entered = inbox ? enter(before, inbox, now) : { after: before };
  const texted = sms ? sendOrKeep(entered.after, sms, limits, now) : { after: entered.after };
  const { after, append, messages } = texted;
  const newDeliveries = [...('entry' in entered ? [entered.entry] : []), ...(append?.newDeliveries ?? [])];
  return {
    ...(after !== before && { state: { recipients: { [before.userId]: { ...after, version: before.version + 1 } } } }),
    append: { ...append, newDeliveries },
    ...(messages && { messages }),
  };
}

export const recipientIn = ({ recipients }: State, userId: string): Recipient =>
  recipients[userId] ?? unknownRecipient(userId);

/** Puts an entry into the person's inbox, under its next number. */
export function enter(recipient: Recipient, { id, about, text }: Notice, now: Date): { after: Recipient; entry: Sent } {
  const sequence = recipient.entries + 1;
  const entry: Sent = {
    ...{ id, userId: recipient.userId, about, text, channel: 'inbox', status: 'kept', sequence, version: 1 },
    ...{ createdAt: now, sentAt: now, providerReference: null, reason: null },
  };
  return { after: { ...recipient, entries: sequence }, entry };
}

/** What is decided about one channel. */
type Step = Pick<Decision, 'append' | 'messages'> & { after: Recipient };

function sendOrKeep(recipient: Recipient, sms: Notice, limits: TextLimits, now: Date): Step {
  const { userId, phone } = recipient;
  if (phone === null) return keep(recipient, sms);
  const { after, sent, withheld } = counted(recipient, [sms], limits, now);
  return {
    after,
    append: { newTexts: sent.map((notice) => textTo(phone, notice, userId)), newDeliveries: withheld },
    messages: sent.map((notice) => smsOf({ ...notice, userId, phone })),
  };
}

/** Stores a text until the person's number arrives. */
const keep = (after: Recipient, { id, about, text }: Notice): Step => ({
  after,
  append: { waitingTexts: [{ id, userId: after.userId, about, text, askedAt: null, version: 1 }] },
});

type Registered = Message<typeof AccountRegistered>;
type Issued = Message<typeof CodeIssued>;
type Verified = Message<typeof AccountVerified>;

/** On `account.registered`: the number is stored, but not verified yet; only a code is sent to it. */
export function welcome(state: State, fact: Registered, limits: TextLimits, now: Date): Decision {
  const { userId, phone, name } = fact.data;
  const { state: codes, ...sent } = sendCodeText(state, fact, limits, now);
  return { ...sent, state: { ...codes, ...known(state, userId, (before) => ({ ...before, phone, name })) } };
}

/** On `account.code_issued`: sends another code. The person's number may not be stored here yet. */
export const sendCode = (state: State, fact: Issued, limits: TextLimits, now: Date): Decision =>
  sendCodeText(state, fact, limits, now);

/** On `account.verified`: the number is this person's, so texts are sent as well. */
export const verify = (state: State, { data: { userId, phone } }: Verified, now: Date): Decision => ({
  state: known(state, userId, (before) => ({ ...before, phone, verifiedAt: before.verifiedAt ?? now })),
});

function known(state: State, userId: string, change: (before: Recipient) => Recipient) {
  const before = recipientIn(state, userId);
  return { recipients: { [userId]: { ...change(before), version: before.version + 1 } } };
}

const unknownRecipient = (userId: string): Recipient => ({
  ...{ userId, phone: null, name: null, verifiedAt: null, waiting: [], entries: 0, watches: 0 },
  ...noTexts,
  version: 0,
});

interface Counted {
  after: Recipient;
  sent: Notice[];
  withheld: Unsent[];
}

/** Decides by the daily limit which notices are sent. A number that is not verified gets none. */
export function counted(recipient: Recipient, notices: readonly Notice[], limits: TextLimits, now: Date): Counted {
  const { userId } = recipient;
  const [sent, withheld]: [Notice[], Unsent[]] = [[], []];
  let after = recipient;
  for (const notice of notices) {
    const more = after.verifiedAt === null ? undefined : countText(after, limits.textsPerAccount, now);
    if (more) sent.push(notice);
    else withheld.push(unsent(notice, userId, 'withheld', withheldReason(after), now));
    after = more ? { ...more, version: recipient.version + 1 } : after;
  }
  return { after, sent, withheld };
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

/** Each text is stored until its outcome is recorded, since its message may be lost. */
export const textTo = (phone: string, { id, about, text }: Notice, userId: string) => ({
  ...{ id, about, text, userId, phone, version: 1 },
});

export function smsOf({ id, userId, about, text, phone, recorded, until }: Addressed): Outgoing {
  const secret = { ...(recorded !== undefined && { recorded }), ...(until !== undefined && { until }) };
  return SmsDelivery({ id, userId, about, text, phone, ...secret });
}

type Addressed = Pick<Text, 'userId' | 'phone'> & Notice;

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
