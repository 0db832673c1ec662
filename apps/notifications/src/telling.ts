import { type AccountRegistered, InboxDelivery, type Message, type Outgoing, SmsDelivery } from '@sluice/contracts';
import { v5 } from 'uuid';
import { announce, type Fact } from './notices.js';
import type { Decision, Notice, Recipient, State, Text, Unsent } from './tables.js';

/** The namespace of delivery ids (RFC 9562, version 5). */
const DELIVERIES = '0a6f3b52-53c5-4c4e-8f67-3a3c3f0b7a1d';

/** One delivery per fact, person and channel, whoever asks and however often. */
export const deliveryId = (factId: string, userId: string, channel: string): string => v5(`${factId}/${userId}/${channel}`, DELIVERIES);

/** Text messages that wait for one person's number. The inbox has all of them; later ones are of more use than earlier ones. */
const MOST_WAITING = 100;

/** The text messages of a person whose number is not known yet wait in their row; everything else goes at once. */
export function tell(state: State, fact: Fact, now: Date): Decision {
  const { userId } = fact.data;
  const recipient = state.recipients[userId] ?? stranger(userId);
  const { sms, inbox } = noticesOf(fact);
  const messages = inbox ? [InboxDelivery({ ...inbox, userId })] : [];
  if (!sms) return { messages };
  if (recipient.phone !== null) return texted([sms], recipient.phone, userId, messages);
  const waiting = [...recipient.waiting, sms];
  const dropped = waiting.slice(0, -MOST_WAITING).map((notice) => tooMany(notice, userId, now));
  const after = { ...recipient, waiting: waiting.slice(-MOST_WAITING), version: recipient.version + 1 };
  return { state: { recipients: { [userId]: after } }, append: { newDeliveries: dropped }, messages };
}

/** A person's number is known from now on: the code goes out, and whatever has waited for the number. */
export function welcome(state: State, fact: Message<typeof AccountRegistered>): Decision {
  const { userId, phone, name } = fact.data;
  const before = state.recipients[userId] ?? stranger(userId);
  const { sms } = noticesOf(fact);
  const recipient: Recipient = { userId, phone, name, waiting: [], version: before.version + 1 };
  return { state: { recipients: { [userId]: recipient } }, ...texted([...(sms ? [sms] : []), ...before.waiting], phone, userId) };
}

const stranger = (userId: string): Recipient => ({ userId, phone: null, name: null, waiting: [], version: 0 });

/** Each text is kept until its outcome is recorded: its message may get lost. */
const texted = (notices: readonly Notice[], phone: string, userId: string, others: readonly Outgoing[] = []): Decision => {
  const texts = notices.map((notice) => ({ ...notice, userId, phone, version: 1 }));
  return { append: { newTexts: texts }, messages: [...others, ...texts.map(smsOf)] };
};

export const smsOf = ({ id, userId, about, text, phone }: Pick<Text, 'id' | 'userId' | 'about' | 'text' | 'phone'>): Outgoing => SmsDelivery({ id, userId, about, text, phone });

const tooMany = (notice: Notice, userId: string, now: Date): Unsent => {
  const reason = `${MOST_WAITING} later texts wait for the phone number`;
  return { ...notice, userId, channel: 'sms', status: 'expired', reason, providerReference: null, createdAt: now, sentAt: null, version: 1 };
};

function noticesOf(fact: Fact): { sms?: Notice; inbox?: Notice } {
  const { channels, about, text } = announce(fact);
  return Object.fromEntries(channels.map((channel) => [channel, { id: deliveryId(fact.id, fact.data.userId, channel), about, text }]));
}
