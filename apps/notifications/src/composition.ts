import {
  type AccountRegistered,
  type AccountVerified,
  type Channel,
  type CodeIssued,
  EmailDelivery,
  type Message,
  type Outgoing,
  SmsDelivery,
} from '@sluice/contracts';
import { v5 } from 'uuid';
import { announce, type Announcement, type OrderFact } from './notice.js';
import type {
  Decision,
  Delivery,
  Keys,
  NewText,
  NewWaitingText,
  Notice,
  Recipient,
  Sent,
  State,
  Unsent,
} from './tables.js';
import { hasChosen, known, recipientIn } from './recipient.js';
import { countText, noTexts, type TextLimits } from './text-limit.js';

/** The namespace of delivery ids (RFC 9562, section 5.5); changing it would make every delivery a second time. */
const DELIVERIES = '0a6f3b52-53c5-4c4e-8f67-3a3c3f0b7a1d';

/**
 * The same id for the same fact, person and channel, however often it is computed. @param fact a name that belongs to
 * it, also when it is published again under another message id
 */
export const deliveryId = (fact: string, userId: string, channel: string): string =>
  v5(`${fact}/${userId}/${channel}`, DELIVERIES);

/** An order has each of the facts that are announced once. */
export const noticeId = ({ type, data }: OrderFact, channel: Channel): string =>
  deliveryId(`orders/${data.orderId}/${type}`, data.userId, channel);

/** The person, and the entry that tells whether the fact was announced before. */
export const noticeKeys = (fact: OrderFact): Keys => ({
  recipients: [fact.data.userId],
  deliveries: [noticeId(fact, 'inbox')],
});

/**
 * Composes the deliveries of a fact about an order, in the person's language, once. The inbox gets every fact, and is
 * recorded here, without a message: its entry tells that the fact was announced. Texts go to a verified number, up to the daily limit; until the number arrives, they wait (`release.ts`).
 */
export function notify(state: State, fact: OrderFact, limits: TextLimits, now: Date): Decision {
  const { userId } = fact.data;
  if (state.deliveries[noticeId(fact, 'inbox')]) return {};
  const before = recipientIn(state, userId);
  const { sms, email, inbox } = noticesOf(announce(fact, before.language), (channel) => noticeId(fact, channel));
  const entered = inbox && enter(before, inbox, now);
  const inboxed = entered?.after ?? before;
  const texted = sms ? sendOrKeep(inboxed, sms, limits, now) : { after: inboxed };
  const mailed = email ? mail(texted.after, email, limits, now) : { after: texted.after };
  return decisionOf(before, entered?.entry, [texted, mailed]);
}

/** What is decided about one channel. */
export type Step = Pick<Decision, 'append' | 'messages'> & { after: Recipient };

/** The decision of these steps, one after the other. */
function decisionOf(before: Recipient, entry: Sent | undefined, steps: readonly Step[]): Decision {
  const { after } = steps.at(-1)!;
  const all = <Name extends 'newDeliveries' | 'newTexts' | 'waitingTexts'>(name: Name) =>
    steps.flatMap(({ append }) => append?.[name] ?? []);
  return {
    state: {
      ...(after !== before && { recipients: { [before.userId]: { ...after, version: before.version + 1 } } }),
      ...(entry && { deliveries: { [entry.id]: entry } }),
    },
    append: {
      newDeliveries: all('newDeliveries') as Delivery[],
      newTexts: all('newTexts') as NewText[],
      waitingTexts: all('waitingTexts') as NewWaitingText[],
    },
    messages: steps.flatMap(({ messages = [] }) => messages),
  };
}

/** Puts an entry into the person's inbox, under its next number. */
export function enter(recipient: Recipient, { id, about, text }: Notice, now: Date): { after: Recipient; entry: Sent } {
  const sequence = recipient.entries + 1;
  const entry: Sent = {
    ...{ id, userId: recipient.userId, about, text, channel: 'inbox', status: 'kept', sequence, version: 1 },
    ...{ createdAt: now, sentAt: now, providerReference: null, reason: null },
  };
  return { after: { ...recipient, entries: sequence }, entry };
}

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

/**
 * Sends an e-mail to a person who has given an address and chosen the channel, up to the daily limit. The address is
 * not proved, the number is: an account that has proved none could send to the address of anybody.
 */
export function mail(recipient: Recipient, notice: Notice, limits: TextLimits, now: Date): Step {
  const { userId, email, emails, emailsSince, verifiedAt } = recipient;
  if (email === null || !hasChosen(recipient, 'email')) return { after: recipient };
  const withheld = (reason: string): Step => ({
    after: recipient,
    append: { newDeliveries: [unsent(notice, { userId, channel: 'email', status: 'withheld', reason, now })] },
  });
  if (verifiedAt === null) return withheld(NOT_VERIFIED);
  const more = countText({ texts: emails, textsSince: emailsSince }, limits.emailsPerAccount, now);
  if (!more) return withheld('the daily limit of e-mails to this person is reached');
  const { id, about, text, subject = about } = notice;
  return {
    after: { ...recipient, emails: more.texts, emailsSince: more.textsSince },
    append: { newTexts: [{ id, about, text, userId, phone: null, email, subject, version: 1 }] },
    messages: [EmailDelivery({ id, userId, about, text, subject, address: email })],
  };
}

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

interface Counted {
  after: Recipient;
  sent: Notice[];
  withheld: Unsent[];
}

/**
 * Decides by the daily limit which notices are sent. A number that is not verified gets none, and neither does a person
 * who has not chosen text messages.
 */
export function counted(recipient: Recipient, notices: readonly Notice[], limits: TextLimits, now: Date): Counted {
  const { userId } = recipient;
  const mayText = recipient.verifiedAt !== null && hasChosen(recipient, 'sms');
  const [sent, withheld]: [Notice[], Unsent[]] = [[], []];
  let after = recipient;
  for (const notice of notices) {
    const more = mayText ? countText(after, limits.textsPerAccount, now) : undefined;
    const reason = withheldReason(recipient);
    if (more) sent.push(notice);
    else withheld.push(unsent(notice, { userId, channel: 'sms', status: 'withheld', reason, now }));
    after = more ? { ...more, version: recipient.version + 1 } : after;
  }
  return { after, sent, withheld };
}

const withheldReason = (recipient: Recipient): string => {
  if (!hasChosen(recipient, 'sms')) return 'the person has chosen other channels';
  return recipient.verifiedAt === null ? NOT_VERIFIED : DAILY_LIMIT;
};

/**
 * Sends a code to any number, up to the daily limit. The code is not stored: if its message is lost, the user
 * requests another.
 */
function sendCodeText(state: State, fact: Registered | Issued, limits: TextLimits, now: Date): Decision {
  const { userId, phone } = fact.data;
  const { recorded, ...sms } = codeOf(state, fact, now);
  const number = state.numbers[phone] ?? { phone, ...noTexts, version: 0 };
  const counted = countText(number, limits.codesPerNumber, now);
  if (!counted) {
    const ending = { userId, channel: 'sms', status: 'withheld', reason: DAILY_LIMIT, now } as const;
    return { append: { newDeliveries: [unsent({ ...sms, text: recorded }, ending)] } };
  }
  const after = { ...counted, version: number.version + 1 };
  return { state: { numbers: { [phone]: after } }, messages: [smsOf({ ...sms, recorded, userId, phone })] };
}

function codeOf(state: State, fact: Registered | Issued, now: Date) {
  const { userId } = fact.data;
  const { about, text, recorded = text, goodForMs = 0 } = announce(fact, recipientIn(state, userId).language);
  const until = new Date(now.getTime() + goodForMs).toISOString();
  return { id: deliveryId(fact.id, userId, 'sms'), about, text, recorded, until };
}

/** Each text is stored until its outcome is recorded, since its message may be lost. */
export const textTo = (phone: string, { id, about, text }: Notice, userId: string) => ({
  ...{ id, about, text, userId, phone, version: 1 },
});

export function smsOf({ id, userId, about, text, phone, recorded, until }: Addressed): Outgoing {
  const secret = { ...(recorded !== undefined && { recorded }), ...(until !== undefined && { until }) };
  return SmsDelivery({ id, userId, about, text, phone, ...secret });
}

type Addressed = Notice & { userId: string; phone: string };

const NOT_VERIFIED = 'the number is not verified; the notice is in the inbox';
const DAILY_LIMIT = 'the daily limit of texts to this number is reached';

type Ending = Pick<Unsent, 'userId' | 'channel' | 'status' | 'reason'> & { now: Date };

const unsent = ({ id, about, text }: Notice, { now, ...ending }: Ending): Unsent => ({
  ...{ id, about, text, ...ending },
  ...{ providerReference: null, createdAt: now, sentAt: null, version: 1 },
});

type Notices = Partial<Record<Channel, Notice>>;

/** The notice of each channel, under the id of its delivery. */
export const noticesOf = (
  { channels, about, text, subject }: Announcement,
  idFor: (channel: Channel) => string,
): Notices =>
  Object.fromEntries(
    channels.map((channel) => [
      channel,
      { id: idFor(channel), about, text, ...(subject !== undefined && { subject }) },
    ]),
  );
