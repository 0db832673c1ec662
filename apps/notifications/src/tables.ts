import type { Channel } from '@sluice/contracts';
import { collection, log, type Decision as DecisionOver, type State as StateOf } from '@sluice/persistence';

/** What one person is told; the channel is said beside it. */
export interface Notice {
  /** The delivery's id: the same however often it is decided or sent. */
  id: string;
  about: string;
  text: string;
  /** It holds a secret: this is written down instead, and the text itself nowhere. */
  recorded?: string;
  /** It is of no use afterwards. */
  until?: string;
}

/** How many texts were sent, and since when they are counted. */
export interface TextCount {
  texts: number;
  textsSince: Date | null;
}

/** A person who is told things: a copy of what accounts said, which may come after the first thing to tell. */
export interface Recipient extends TextCount {
  userId: string;
  phone: string | null;
  name: string | null;
  /** When the number was proved to be this person's; null: it gets its codes and nothing else. */
  verifiedAt: Date | null;
  /** Text messages that wait for the phone number. */
  waiting: Notice[];
  version: number;
}

/** A phone number: the codes that it was sent, to whichever account. */
export interface PhoneNumber extends TextCount {
  phone: string;
  version: number;
}

interface DeliveryContent extends Pick<Notice, 'id' | 'about' | 'text'> {
  userId: string;
  channel: Channel;
  createdAt: Date;
  version: number;
}

/** `kept`: it is here to be read, no provider was involved. */
export interface Sent extends DeliveryContent {
  status: 'kept' | 'sent';
  providerReference: string | null;
  sentAt: Date;
  reason: null;
}

/**
 * `refused`: the provider will never take it. `expired`: it is no longer asked for; should its message still come, it is
 * sent.
 * `withheld`: it was not to be sent, since the number is not proved or has had its texts of the day.
 */
export interface Unsent extends DeliveryContent {
  status: 'refused' | 'expired' | 'withheld';
  providerReference: null;
  sentAt: null;
  reason: string;
}

/** What one person was told over one channel, or why not. */
export type Delivery = Sent | Unsent;

/**
 * A text message that was decided and may not be sent yet: kept until its delivery is recorded, and then for a while, since
 * deleting many at once costs less than each with its delivery.
 */
export interface Text extends Pick<Notice, 'id' | 'about' | 'text'> {
  userId: string;
  phone: string;
  createdAt: Date;
  /** When it was last asked for. In the future: a try has failed, and the next one may be as late as that. */
  askedAt: Date;
  version: number;
}

const deliveries = {
  table: 'deliveries',
  columns: [
    'id',
    'userId',
    'channel',
    'about',
    'text',
    'status',
    'providerReference',
    'reason',
    'createdAt',
    'sentAt',
    'version',
  ],
} as const;

export const tables = {
  deliveries: collection<Delivery>({ ...deliveries, key: 'id' }),
  /** Deliveries that no other message knows of. */
  newDeliveries: log<Delivery>(deliveries),
  numbers: collection<PhoneNumber>({
    table: 'numbers',
    key: 'phone',
    columns: ['phone', 'texts', 'textsSince', 'version'],
  }),
  recipients: collection<Recipient>({
    table: 'recipients',
    key: 'userId',
    columns: ['userId', 'phone', 'name', 'verifiedAt', 'waiting', 'texts', 'textsSince', 'version'],
  }),
  texts: collection<Text>({
    table: 'texts',
    key: 'id',
    columns: ['id', 'userId', 'about', 'text', 'phone', 'createdAt', 'askedAt', 'version'],
  }),
  /** The database fills in the times. */
  newTexts: log<Omit<Text, 'createdAt' | 'askedAt'>>({
    table: 'texts',
    columns: ['id', 'userId', 'about', 'text', 'phone', 'version'],
  }),
};

export type State = StateOf<typeof tables>;
export type Decision<R = unknown> = DecisionOver<R, typeof tables>;
