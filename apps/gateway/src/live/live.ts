import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Contract, Message } from '@sluice/contracts';
import { LiveFeed } from '@sluice/messaging';
import { brokerOf, CONFIG } from '@sluice/service-kit';
import type { GatewayConfig } from '../config.js';
import { Subscriptions } from './subscriptions.js';

/** Told of a fact; of none when any may have been missed. */
export type FactListener = (fact?: Message) => void;

/** Who is to be told of which facts. A fact is a hint to ask its owner, and may be lost. */
@Injectable()
export class Live implements OnModuleDestroy {
  readonly #subscriptions = new Subscriptions<FactListener>();
  readonly #feed: LiveFeed;

  constructor(@Inject(CONFIG) config: GatewayConfig) {
    this.#feed = new LiveFeed({
      ...brokerOf(config),
      service: 'gateway',
      name: 'gateway listens',
      onFact: (fact) => this.#arrived(fact),
      onSubscribed: () => this.#mayHaveMissed(),
    });
  }

  /** Every fact whose data says `value` in the field `field`, until the function that is returned is called. */
  subscribe(field: string, value: string, listener: FactListener): () => void {
    return this.#subscriptions.add(keyOf(field, value), listener);
  }

  /** Every fact of one kind, for as long as the gateway lives. One listener that tells others is cheaper than many who each look whether it is for them. */
  onFact<C extends Contract>({ type }: C, listener: (fact?: Message<C>) => void): void {
    this.#subscriptions.add(type, listener as FactListener);
  }

  /** Every fact, of whatever type. */
  onEveryFact(listener: (fact?: Message) => void): void {
    this.#subscriptions.add(ALL, listener);
  }

  onModuleDestroy(): Promise<void> {
    return this.#feed.close();
  }

  #arrived(fact: Message): void {
    this.#notify(ALL, fact);
    this.#notify(fact.type, fact);
    for (const [field, value] of Object.entries(fact.data as object)) {
      if (typeof value === 'string') this.#notify(keyOf(field, value), fact);
    }
  }

  #notify(key: string, fact: Message): void {
    for (const listener of this.#subscriptions.get(key)) listener(fact);
  }

  #mayHaveMissed(): void {
    for (const listener of this.#subscriptions.all()) listener();
  }
}

/** Key of the watchers of all facts; no message type is `*`. */
const ALL = '*';
const keyOf = (field: string, value: string): string => `${field}=${value}`;
