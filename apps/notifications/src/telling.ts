import { type AccountRegistered, InboxDelivery, type Message, type Outgoing, SmsDelivery } from '@sluice/contracts';
import { v5 } from 'uuid';
import { announce, type Fact } from './notices.js';
import type { Decision, Notice, Recipient, State } from './tables.js';

/** The namespace of delivery ids (RFC 9562, version 5). */
const DELIVERIES = '0a6f3b52-53c5-4c4e-8f67-3a3c3f0b7a1d';

/** One delivery per fact, person and channel, whoever asks and however often. */
export const deliveryId = (factId: string, userId: string, channel: string): string => v5(`${factId}/${userId}/${channel}`, DELIVERIES);

/** The text messages of a person whose number is not known yet wait in their row; everything else goes at once. */
export function tell(state: State, fact: Fact): Decision {
  const { userId } = fact.data;
  const recipient = state.recipients[userId] ?? stranger(userId);
  const { sms, inbox } = noticesOf(fact);
  const messages = inbox ? [InboxDelivery({ ...inbox, userId })] : [];
  if (!sms) return { messages };
  if (recipient.phone !== null) return { messages: [...messages, text(sms, recipient.phone, userId)] };
  const waiting = { ...recipient, waiting: [...recipient.waiting, sms], version: recipient.version + 1 };
  return { state: { recipients: { [userId]: waiting } }, messages };
}

/** A person's number is known from now on: the code goes out, and whatever has waited for the number. */
export function welcome(state: State, fact: Message<typeof AccountRegistered>): Decision {
  const { userId, phone, name } = fact.data;
  const before = state.recipients[userId] ?? stranger(userId);
  const { sms } = noticesOf(fact);
  const recipient: Recipient = { userId, phone, name, waiting: [], version: before.version + 1 };
  return { state: { recipients: { [userId]: recipient } }, messages: [...(sms ? [sms] : []), ...before.waiting].map((notice) => text(notice, phone, userId)) };
}

const stranger = (userId: string): Recipient => ({ userId, phone: null, name: null, waiting: [], version: 0 });

const text = ({ id, about, text }: Notice, phone: string, userId: string): Outgoing => SmsDelivery({ id, userId, about, text, phone });

function noticesOf(fact: Fact): { sms?: Notice; inbox?: Notice } {
  const { channels, about, text } = announce(fact);
  return Object.fromEntries(channels.map((channel) => [channel, { id: deliveryId(fact.id, fact.data.userId, channel), about, text }]));
}
