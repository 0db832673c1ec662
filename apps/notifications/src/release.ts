import { counted, smsOf, textTo } from './composition.js';
import { isAddressed, type Decision, type Notice, type State, type Text, type WaitingText } from './tables.js';
import type { TextLimits } from './text-limit.js';

/** The person's number has arrived: sends or withholds each text that waits for it, oldest first. */
export function release(state: State, userId: string, limits: TextLimits, now: Date): Decision {
  const recipient = state.recipients[userId];
  if (!recipient || recipient.phone === null) return {};
  const { phone } = recipient;
  const rows = Object.values(state.texts).filter((text) => text !== undefined && !isAddressed(text));
  const waiting = [...recipient.waiting, ...rows.sort(byAge)];
  if (waiting.length === 0) return {};
  const { after, sent, withheld } = counted(recipient, waiting, limits, now);
  const addressed = rows.map((row): Text => ({
    ...row,
    ...{ phone, email: null, subject: null, createdAt: now, askedAt: now, version: row.version + 1 },
  }));
  const isNew = ({ id }: Notice): boolean => recipient.waiting.some((notice) => notice.id === id);
  return {
    state: {
      recipients: { [userId]: { ...after, waiting: [], version: recipient.version + 1 } },
      texts: Object.fromEntries(addressed.map((text) => [text.id, text])),
    },
    append: {
      newTexts: sent.filter(isNew).map((notice) => textTo(phone, notice, userId)),
      newDeliveries: withheld,
    },
    messages: sent.map(({ id, about, text }) => smsOf({ id, about, text, userId, phone })),
  };
}

const byAge = (a: WaitingText, b: WaitingText): number =>
  a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1);
