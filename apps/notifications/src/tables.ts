import type { Channel } from '@sluice/contracts';
import { collection, type Decision as DecisionOver, type State as StateOf } from '@sluice/persistence';

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

/** What one person was told over one channel. `kept`: it is here to be read, no provider was involved. */
export interface Delivery extends Notice {
  userId: string;
  channel: Channel;
  status: 'kept' | 'sent';
  providerReference: string | null;
  createdAt: Date;
  sentAt: Date;
  version: number;
}

export const tables = {
  deliveries: collection<Delivery>({
    table: 'deliveries',
    key: 'id',
    columns: ['id', 'userId', 'channel', 'about', 'text', 'status', 'providerReference', 'createdAt', 'sentAt', 'version'],
  }),
  recipients: collection<Recipient>({ table: 'recipients', key: 'userId', columns: ['userId', 'phone', 'name', 'waiting', 'version'] }),
};

export type State = StateOf<typeof tables>;
export type Decision<R = unknown> = DecisionOver<R, typeof tables>;
