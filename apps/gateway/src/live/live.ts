import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Contract, Message } from '@sluice/contracts';
import { LiveFeed } from '@sluice/messaging';
import { brokerOf, CONFIG } from '@sluice/service-kit';
import type { GatewayConfig } from '../config.js';
import { Watchers } from './watchers.js';

/** Told of a fact; of none when any may have been missed. */
export type Watcher = (fact?: Message) => void;

/** Who is to be told of which facts. A fact is a hint to ask its owner, and may be lost. */
@Injectable()
export class Live implements OnModuleDestroy {
  readonly #watchers = new Watchers<Watcher>();
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
  watch(field: string, value: string, watcher: Watcher): () => void {
    return this.#watchers.add(keyOf(field, value), watcher);
  }

  /** Every fact of one kind, for as long as the gateway lives. One listener that tells others is cheaper than many who each look whether it is for them. */
  hear<C extends Contract>({ type }: C, watcher: (fact?: Message<C>) => void): void {
    this.#watchers.add(type, watcher as Watcher);
  }

  /** Every fact, of whatever type. */
  hearAll(watcher: (fact?: Message) => void): void {
    this.#watchers.add(ALL, watcher);
  }

  onModuleDestroy(): Promise<void> {
    return this.#feed.close();
  }

  #arrived(fact: Message): void {
    this.#tell(ALL, fact);
    this.#tell(fact.type, fact);
    for (const [field, value] of Object.entries(fact.data as object)) {
      if (typeof value === 'string') this.#tell(keyOf(field, value), fact);
    }
  }

  #tell(key: string, fact: Message): void {
    for (const watcher of this.#watchers.of(key)) watcher(fact);
  }

  #mayHaveMissed(): void {
    for (const watcher of this.#watchers.all()) watcher();
  }
}

/** Key of the watchers of all facts; no message type is `*`. */
const ALL = '*';
const keyOf = (field: string, value: string): string => `${field}=${value}`;
