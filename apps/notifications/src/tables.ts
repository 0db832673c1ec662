import type { Channel } from '@sluice/contracts';
import { collection, log, type Decision as DecisionOver, type State as StateOf } from '@sluice/persistence';

/** What one person is told; the channel is said beside it. */
export interface Notice {
  /** The delivery's id: the same however often it is decided or sent. */
  id: string;
  about: string;
  text: string;
}

/** A person who is told things: a copy of what accounts said, which may come after the first thing to tell. */
export interface Recipient {
  userId: string;
  phone: string | null;
  name: string | null;
  /** Text messages that wait for the phone number. */
  waiting: Notice[];
  version: number;
}

interface Told extends Notice {
  userId: string;
  channel: Channel;
  createdAt: Date;
  version: number;
}

/** `kept`: it is here to be read, no provider was involved. */
export interface Sent extends Told {
  status: 'kept' | 'sent';
  providerReference: string | null;
  sentAt: Date;
  reason: null;
}

/** `refused`: the provider will never take it. `expired`: it is no longer asked for; should its message still come, it is sent. */
export interface Unsent extends Told {
  status: 'refused' | 'expired';
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
export interface Text extends Notice {
  userId: string;
  phone: string;
  createdAt: Date;
  /** When it was last asked for. In the future: a try has failed, and the next one may be as late as that. */
  askedAt: Date;
  version: number;
}

const deliveries = { table: 'deliveries', columns: ['id', 'userId', 'channel', 'about', 'text', 'status', 'providerReference', 'reason', 'createdAt', 'sentAt', 'version'] } as const;

export const tables = {
  deliveries: collection<Delivery>({ ...deliveries, key: 'id' }),
  /** Deliveries that no other message knows of. */
  newDeliveries: log<Delivery>(deliveries),
  recipients: collection<Recipient>({ table: 'recipients', key: 'userId', columns: ['userId', 'phone', 'name', 'waiting', 'version'] }),
  texts: collection<Text>({ table: 'texts', key: 'id', columns: ['id', 'userId', 'about', 'text', 'phone', 'createdAt', 'askedAt', 'version'] }),
  /** The database fills in the times. */
  newTexts: log<Omit<Text, 'createdAt' | 'askedAt'>>({ table: 'texts', columns: ['id', 'userId', 'about', 'text', 'phone', 'version'] }),
};

export type State = StateOf<typeof tables>;
export type Decision<R = unknown> = DecisionOver<R, typeof tables>;
