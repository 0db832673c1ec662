import type { Channel, Language } from '@sluice/contracts';
import {
  collection,
  log,
  type Decision as DecisionOver,
  type Keys as KeysOf,
  type State as StateOf,
} from '@sluice/persistence';

/** The content of a notification; its channel is stored beside it. */
export interface Notice {
  /** The delivery's id: the same however often it is decided or sent. */
  id: string;
  about: string;
  text: string;
  /** Of an e-mail. */
  subject?: string;
  /** Stored instead of the text, which contains a secret and is stored nowhere. */
  recorded?: string;
  /** When the notice expires. */
  until?: string;
}

/** Number of texts sent, and since when they are counted. */
export interface TextCount {
  texts: number;
  textsSince: Date | null;
}

/** A person who receives notifications: a copy of the facts of accounts, which may arrive after the first notice. */
export interface Recipient extends TextCount {
  userId: string;
  phone: string | null;
  name: string | null;
  /** When the number was verified as this person's; null: only codes are sent to it. */
  verifiedAt: Date | null;
  /** Texts that wait for the phone number, stored by a version before `WaitingText`; new ones are rows of `texts`. */
  waiting: Notice[];
  /** Address for notices; null: none. */
  email: string | null;
  language: Language;
  /** Channels that the person has chosen; null: every one. */
  channels: readonly Channel[] | null;
  /** Of the account, as of the latest fact about the profile. */
  profileVersion: number;
  /** Number of e-mails sent, and since when they are counted. */
  emails: number;
  emailsSince: Date | null;
  /** Number of entries in the person's inbox: the number of the newest. */
  entries: number;
  /** Number of products that the person watches. */
  watches: number;
  version: number;
}

/** A person wants to be told when a product is back; or wanted it, for requests that were accepted earlier. */
export interface Watch {
  sku: string;
  userId: string;
  watching: boolean;
  /** When the latest request about it was accepted. */
  changedAt: Date;
  version: number;
}

/** A phone number, with the count of codes sent to it for all accounts. */
export interface PhoneNumber extends TextCount {
  phone: string;
  version: number;
}

interface DeliveryContent extends Pick<Notice, 'id' | 'about' | 'text'> {
  userId: string;
  channel: Channel;
  createdAt: Date;
  /** The place in the inbox of its person, from 1; absent on other channels. */
  sequence?: number | null;
  version: number;
}

/** `kept`: stored here, no provider was involved. */
export interface Sent extends DeliveryContent {
  status: 'kept' | 'sent';
  providerReference: string | null;
  sentAt: Date;
  reason: null;
}

/**
 * `refused`: the provider will never accept it. `expired`: it is no longer sent again; if its message still arrives,
 * it is sent. `withheld`: it was not sent, since the number is not verified or its daily limit is reached.
 */
export interface Unsent extends DeliveryContent {
  status: 'refused' | 'expired' | 'withheld';
  providerReference: null;
  sentAt: null;
  reason: string;
}

/** A notification of one person over one channel, or the reason why it was not sent. */
export type Delivery = Sent | Unsent;

interface TextContent extends Pick<Notice, 'id' | 'about' | 'text'> {
  userId: string;
  createdAt: Date;
  version: number;
}

/** A text to a number. */
interface SmsText extends TextContent {
  phone: string;
  email?: null;
  subject?: null;
}

/** An e-mail to an address. */
interface EmailText extends TextContent {
  phone: null;
  email: string;
  subject: string;
}

/**
 * A text that was decided and may not be sent yet. It is kept until its delivery is recorded, and a while longer:
 * deleting many at once costs less than each with its delivery.
 */
export type Text = (SmsText | EmailText) & {
  /** When it was last sent or tried. In the future: a try has failed, and the next one happens by then. */
  askedAt: Date;
};
/** The database sets the times. */
export type NewText = Omit<SmsText, 'createdAt'> | Omit<EmailText, 'createdAt'>;

/** A text that waits for its person's phone number: one row each, so that its cost does not grow with their number. */
export interface WaitingText extends TextContent {
  phone: null;
  askedAt: null;
}

export type NewWaitingText = Omit<WaitingText, 'createdAt' | 'phone'>;

/** Whether the person's number has arrived, so that the text was sent or withheld. */
export const isAddressed = (text: Text | WaitingText): text is Text => text.askedAt !== null;

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
    'sequence',
    'version',
  ],
} as const;

export const tables = {
  deliveries: collection<Delivery>({ ...deliveries, key: 'id' }),
  /** Deliveries decided and recorded in one step, which no message carries: texts that are not sent. */
  newDeliveries: log<Delivery>(deliveries),
  numbers: collection<PhoneNumber>({
    table: 'numbers',
    key: 'phone',
    columns: ['phone', 'texts', 'textsSince', 'version'],
  }),
  recipients: collection<Recipient>({
    table: 'recipients',
    key: 'userId',
    columns: [
      ...(['userId', 'phone', 'name', 'verifiedAt', 'waiting', 'texts', 'textsSince'] as const),
      ...(['email', 'language', 'channels', 'profileVersion', 'emails', 'emailsSince'] as const),
      ...(['entries', 'watches', 'version'] as const),
    ],
  }),
  texts: collection<Text | WaitingText>({
    table: 'texts',
    key: 'id',
    columns: ['id', 'userId', 'about', 'text', 'phone', 'email', 'subject', 'createdAt', 'askedAt', 'version'],
  }),
  watches: collection<Watch>({
    table: 'watches',
    key: ['sku', 'userId'],
    columns: ['sku', 'userId', 'watching', 'changedAt', 'version'],
  }),
  newTexts: log<NewText>({
    table: 'texts',
    columns: ['id', 'userId', 'about', 'text', 'phone', 'email', 'subject', 'version'],
  }),
  waitingTexts: log<NewWaitingText>({
    table: 'texts',
    columns: ['id', 'userId', 'about', 'text', 'askedAt', 'version'],
  }),
};

export type Keys = KeysOf<typeof tables>;
export type State = StateOf<typeof tables>;
/** Without `R`: there is no reply. */
export type Decision<R = never> = DecisionOver<R, typeof tables>;
