import type { OnModuleDestroy } from '@nestjs/common';
import type { Contract, Message } from '@sluice/contracts/kit';
import { LiveFeed, type LiveFeedOptions } from '@sluice/messaging';
import { Subscriptions } from './subscriptions.js';

/** Called with each fact; without one when facts may have been missed. */
export type FactListener = (fact?: Message) => void;

/** Subscriptions to live facts. A fact is a hint to query its owner, and may be lost. */
export class Live implements OnModuleDestroy {
  readonly #subscriptions = new Subscriptions<FactListener>();
  readonly #feed: LiveFeed;

  constructor(options: Omit<LiveFeedOptions, 'onFact' | 'onSubscribed'>) {
    this.#feed = new LiveFeed({
      ...options,
      onFact: (fact) => this.#arrived(fact),
      onSubscribed: () => this.#mayHaveMissed(),
    });
  }

  /**
   * Calls the listener for every fact whose `field` is `value`, or a list that contains it, until the returned function
   * is called.
   */
  subscribe(field: string, value: string, listener: FactListener): () => void {
    return this.#subscriptions.add(keyOf(field, value), listener);
  }

  /**
   * Calls the listener for every fact of one type, for the lifetime of the process. One listener that dispatches is cheaper
   * than many that filter.
   */
  onFact<C extends Contract>({ type }: C, listener: (fact?: Message<C>) => void): void {
    this.#subscriptions.add(type, listener as FactListener);
  }

  /** Calls the listener for every fact, of any type. */
  onEveryFact(listener: (fact?: Message) => void): void {
    this.#subscriptions.add(ALL, listener);
  }

  /** Calls the listener when facts may have been missed: after every connection, also the first. */
  onMissed(listener: () => void): void {
    this.#subscriptions.add(MISSED, listener);
  }

  onModuleDestroy(): Promise<void> {
    return this.#feed.close();
  }

  #arrived(fact: Message): void {
    this.#notify(ALL, fact);
    this.#notify(fact.type, fact);
    for (const [field, value] of Object.entries(fact.data as object) as [string, unknown][]) {
      for (const one of Array.isArray(value) ? (value as unknown[]) : [value])
        if (typeof one === 'string') this.#notify(keyOf(field, one), fact);
    }
  }

  #notify(key: string, fact: Message): void {
    for (const listener of this.#subscriptions.get(key)) listener(fact);
  }

  #mayHaveMissed(): void {
    for (const listener of this.#subscriptions.all()) listener();
  }
}

/** Key of the listeners to all facts; no message type is `*`. */
const ALL = '*';
/** Key of the listeners that want no fact. */
const MISSED = '';
const keyOf = (field: string, value: string): string => `${field}=${value}`;
