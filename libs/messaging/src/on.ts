import { EventPattern, MessagePattern } from '@nestjs/microservices';
import type { Contract, Message, Reply } from '@sluice/contracts';
import { channelOf } from './channel-of.js';
import type { DELEGATED } from './delegated.js';

export interface OnOptions {
  /** The last part of the queue's name, `<service>.<queue>`. Slow handlers get a queue of their own. */
  queue?: string;
  /** How many of the queue's messages are handled at once; the largest of a queue's handlers counts. */
  prefetch?: number;
  /** Its messages call somebody outside: one that fails alone is tried again for a day, not for a minute. */
  outside?: boolean;
}

/** What `@On` leaves with Nest for the server. */
export interface Subscription extends OnOptions {
  contract: Contract;
  queue: string;
}

export type Handler<C extends Contract> = (message: Message<C>) => Promise<Reply<C> | void | typeof DELEGATED>;

/**
 * The method handles this contract's messages. Default queue: `events`, `commands`, or `queries` (everything transient);
 * a delivery's is its channel. For listeners that only watch, the contract's type may be a topic pattern (`order.*`, `#`).
 */
export const On =
  <C extends Contract>(contract: C, options: OnOptions = {}) =>
  <H extends Handler<C>>(target: object, key: string, descriptor: TypedPropertyDescriptor<H>): void => {
    const subscription: Subscription = { queue: queueOf(contract), ...options, contract };
    const decorate = isRequest(contract) ? MessagePattern : EventPattern;
    decorate(contract.type, { ...subscription })(target, key, descriptor as PropertyDescriptor);
  };

const isRequest = ({ kind }: Contract): boolean => kind === 'command' || kind === 'query';

function queueOf(contract: Contract): string {
  if (contract.kind === 'event') return 'events';
  if (contract.kind === 'delivery') return channelOf(contract);
  return contract.transient ? 'queries' : 'commands';
}
