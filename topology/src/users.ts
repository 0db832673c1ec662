import {
  EXCHANGES,
  factsOf,
  OPERATED,
  SHARED_FACTS,
  type Contract,
  consumers,
  type Sends,
  type Services,
} from '@sluice/contracts';

/** The part of the map that assigns work to services. */
export interface Work {
  readonly services: Services;
  readonly sends: Sends;
  /** Services that subscribe to `shop.live`, each process with its own exclusive queue. */
  readonly watches: readonly string[];
}

/**
 * Permissions of one service on the broker: patterns over the names of queues and exchanges
 * (https://www.rabbitmq.com/docs/access-control#permissions). RabbitMQ searches for a match anywhere in the name,
 * hence the anchors.
 */
export interface BrokerUser {
  readonly name: string;
  /** Queues and exchanges that the user may declare and delete. */
  readonly configure: string;
  /** Exchanges that the user may publish to, and queues that it may bind. */
  readonly write: string;
  /** Queues that the user may consume and purge, and exchanges that it may bind to. */
  readonly read: string;
  /** Events that the user may publish on `shop.events`: a pattern over routing keys. */
  readonly facts: string;
  /**
   * Failed messages that the user may publish to a retry tier, only those of its own queues: a pattern over routing
   * keys, which are names of queues.
   */
  readonly retries: string;
}

/** All services on the map, each with the permissions that its work needs. */
export const usersOf = (work: Work): BrokerUser[] =>
  [...new Set([...Object.keys(work.services), ...Object.keys(work.sends), ...work.watches])].map((service) =>
    userOf(service, work),
  );

export function userOf(service: string, work: Work): BrokerUser {
  const timers = (work.sends[service] ?? []).flatMap(({ waitsIn }) => (waitsIn === undefined ? [] : timersIn(waitsIn)));
  const exclusive = work.watches.includes(service) ? [SERVER_NAMED] : [];
  const live = work.watches.includes(service) ? [exactly(EXCHANGES.live)] : [];
  return {
    name: service,
    configure: anyOf([...exclusive, ...timers]),
    write: anyOf([...exchangesOf(service, work), ...exclusive]),
    read: anyOf([...queuesOf(service, work).map(exactly), ...exclusive, ...live, ...timers]),
    facts: publishes(service) ? `^${group(keysOf(service))}` : NOTHING,
    retries: hasRetries(service, work) ? `^${exactly(service)}\\.` : NOTHING,
  };
}

const NOTHING = '^$';
/** Name pattern of queues declared without a name; clients cannot choose such a name. */
const SERVER_NAMED = 'amq\\.gen-.*';

const exactly = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const group = (patterns: readonly string[]): string => `(${patterns.join('|')})`;
const anyOf = (patterns: readonly string[]): string => (patterns.length > 0 ? `^${group(patterns)}$` : NOTHING);
const timersIn = (prefix: string): string[] => [`${exactly(prefix)}\\.[0-9]+`];

/** Whether the service publishes events. Every service of this system does, at least the shared ones. */
const publishes = (service: string): boolean => factsOf(service).length > 0 || OPERATED.includes(service);

/** Patterns of the routing keys of its events: all of its own entities, and exactly the shared ones. */
const keysOf = (service: string): string[] => [
  ...wordsOf(service).map((word) => `${word}\\.`),
  ...SHARED_FACTS.map(({ type }) => `${exactly(type)}$`),
];

/**
 * Events are named after their entity (`order.placed`), and an entity has one owner, so a new event needs no new
 * permission.
 */
const wordsOf = (service: string): string[] =>
  [...new Set(factsOf(service).map(({ type }) => exactly(type.split('.', 1)[0]!)))].sort();

/**
 * Includes the dead-letter queues, whose depth the service reads: newer brokers report it only to users with a
 * permission on the queue.
 */
const queuesOf = (service: string, { services }: Work): string[] =>
  consumers(service, services[service] ?? {}).flatMap(({ queues }) => queues.map(({ name }) => name));

/** Whether the service has a durable queue; transient messages are not retried. */
const hasRetries = (service: string, { services }: Work): boolean =>
  Object.values(services[service] ?? {})
    .flat()
    .some((what) => typeof what === 'string' || !what.transient);

/**
 * Commands and queries share one exchange, so a user that may send one may send any. The declaration of a timer's
 * queue, which dead-letters to that exchange, also needs this permission. `amq.default` reaches every queue by its
 * name: replies over direct reply-to, timers, and messages parked beside a bounded queue have no other route.
 */
function exchangesOf(service: string, work: Work): string[] {
  const { services, sends } = work;
  const [takes, sent] = [Object.values(services[service] ?? {}).flat(), sends[service] ?? []];
  const requests = sent.some(isRequest);
  const replies = takes.some((what) => typeof what !== 'string' && isRequest(what));
  return [
    ...(publishes(service) ? [exactly(EXCHANGES.events)] : []),
    ...(requests ? [exactly(EXCHANGES.commands)] : []),
    ...(sent.some(({ kind }) => kind === 'delivery') ? [exactly(EXCHANGES.deliveries)] : []),
    ...(hasRetries(service, work) ? [`${exactly(EXCHANGES.retryTiers)}\\.[0-9]+`, exactly(EXCHANGES.dead)] : []),
    ...(replies || sent.some(({ waitsIn }) => waitsIn !== undefined) ? [exactly('amq.default')] : []),
  ];
}

const isRequest = ({ kind }: Contract): boolean => kind === 'command' || kind === 'query';
