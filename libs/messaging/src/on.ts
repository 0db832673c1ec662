import { EventPattern, MessagePattern } from '@nestjs/microservices';
import type { Contract, Message, Reply } from '@sluice/contracts/kit';
import { channelOf } from './channel-of.js';
import type { DELEGATED } from './delegated.js';

export interface OnOptions {
  /** Last part of the queue's name, `<service>.<queue>`. Slow handlers get their own queue. */
  queue?: string;
  /** Messages of the queue handled at once; the largest value among a queue's handlers applies. */
  prefetch?: number;
  /** The handler calls an external provider: a message that fails alone is retried for a day instead of a minute. */
  outside?: boolean;
}

/** Metadata that `@On` registers with Nest for the server. */
export interface Subscription extends OnOptions {
  contract: Contract;
  queue: string;
}

export type Handler<C extends Contract> = (message: Message<C>) => Promise<Reply<C> | void | typeof DELEGATED>;

/**
 * Registers the method as the handler of this contract. Default queue: `events`, `commands`, or `queries` (transient
 * messages); the queue of a delivery is its channel. Subscribers that only observe may use a contract whose type is a
 * topic pattern (`order.*`, `#`).
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
