import type { Contract } from './message.js';

/** Names of the exchanges of one system. `unrouted` and `homeless` are also the names of the queues behind them. */
export interface Exchanges {
  /** Common prefix of the names, without the dot after it. */
  readonly prefix: string;
  /** Topic: facts, by their type. */
  readonly events: string;
  /** Direct: commands and queries, by their type. */
  readonly commands: string;
  /** Headers: deliveries, by their channel. */
  readonly deliveries: string;
  /** Fanout behind `events`: facts for every process that watches. */
  readonly live: string;
  /** Direct: messages that cannot be handled, by the name of their queue. */
  readonly dead: string;
  /** Direct: messages whose time in a retry tier is over, by the name of their queue. */
  readonly home: string;
  /** Fanout: messages from a retry tier whose queue does not exist. */
  readonly homeless: string;
  /** Fanout: facts that no queue is bound to. */
  readonly unrouted: string;
  /** Fanout without queues: facts that may have no subscriber, so that they are not counted as unrouted. */
  readonly optional: string;
  /** Direct: messages that administrators publish to one queue, by its name. */
  readonly operator: string;
  /** Common prefix of the retry tiers, without the dot after it. */
  readonly retryTiers: string;
  /** Topic: failed messages that wait for `ms` milliseconds, by the name of their queue. */
  readonly retryTier: (ms: number) => string;
  /** Exchange to which messages of this kind are published. */
  readonly of: (kind: Contract['kind']) => string;
}

/**
 * @param prefix name of the system: `visits` makes `visits.events`, so that several systems can share a virtual host
 */
export function exchangesOf(prefix: string): Exchanges {
  const named = (name: string): string => `${prefix}.${name}`;
  const [events, commands, deliveries] = [named('events'), named('commands'), named('deliveries')];
  const byKind = { event: events, command: commands, query: commands, delivery: deliveries };
  return {
    prefix,
    events,
    commands,
    deliveries,
    live: named('live'),
    dead: named('dead'),
    home: named('home'),
    homeless: named('homeless'),
    unrouted: named('unrouted'),
    optional: named('optional'),
    operator: named('operator'),
    retryTiers: named('retry-tier'),
    retryTier: (ms) => named(`retry-tier.${ms}`),
    of: (kind) => byKind[kind],
  };
}
