import { factsOf, type Contract } from '@sluice/contracts';
import { consumers, type Services } from './layout.js';

/** By service: what it sends beside its own facts, its answers, and its failed messages on their way. */
export type Sends = Readonly<Record<string, readonly Contract[]>>;

/** The part of the map that says who does what. */
export interface Work {
  readonly services: Services;
  readonly sends: Sends;
  /** Who hears `shop.live`, each process on an exclusive queue of its own. */
  readonly watches: readonly string[];
}

/**
 * What one service may do on the broker: patterns over the names of queues and exchanges
 * (https://www.rabbitmq.com/docs/access-control#permissions). RabbitMQ looks for a match anywhere, hence the anchors.
 */
export interface BrokerUser {
  readonly name: string;
  /** What it may declare and delete. */
  readonly configure: string;
  /** The exchanges that it may publish to, and the queues that it may bind. */
  readonly write: string;
  /** The queues that it may consume and purge, and the exchanges that it may bind to. */
  readonly read: string;
  /** The facts that it may publish on `shop.events`: a pattern over routing keys. */
  readonly facts: string;
  /** Whose failed messages it may put into a retry tier, namely its own: a pattern over routing keys, which are names of queues. */
  readonly retries: string;
}

/** Everybody on the map, each with the rights that its work needs. */
export const usersOf = (work: Work): BrokerUser[] =>
  [...new Set([...Object.keys(work.services), ...Object.keys(work.sends), ...work.watches])].map((service) =>
    userOf(service, work),
  );

export function userOf(service: string, work: Work): BrokerUser {
  const waits = (work.sends[service] ?? []).flatMap(({ waitsIn }) => (waitsIn === undefined ? [] : timersIn(waitsIn)));
  const exclusive = work.watches.includes(service) ? [SERVER_NAMED] : [];
  const live = work.watches.includes(service) ? [exactly('shop.live')] : [];
  return {
    name: service,
    configure: anyOf([...exclusive, ...waits]),
    write: anyOf([...exchangesOf(service, work), ...exclusive]),
    read: anyOf([...queuesOf(service, work).map(exactly), ...exclusive, ...live, ...waits]),
    facts: factsOf(service).length > 0 ? `^${group(wordsOf(service))}\\.` : NOTHING,
    retries: failsOf(service, work) ? `^${exactly(service)}\\.` : NOTHING,
  };
}

const NOTHING = '^$';
/** What the broker calls a queue that is declared without a name: clients cannot choose such a name. */
const SERVER_NAMED = 'amq\\.gen-.*';

const exactly = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const group = (patterns: readonly string[]): string => `(${patterns.join('|')})`;
const anyOf = (patterns: readonly string[]): string => (patterns.length > 0 ? `^${group(patterns)}$` : NOTHING);
const timersIn = (prefix: string): string[] => [`${exactly(prefix)}\\.[0-9]+`];

/** Facts are named after the things they are about (`order.placed`), and a thing has one owner: a new fact needs no new right. */
const wordsOf = (service: string): string[] =>
  [...new Set(factsOf(service).map(({ type }) => exactly(type.split('.', 1)[0]!)))].sort();

/** Its dead letters too, which it counts: newer brokers tell the depth only to who has some right to the queue. */
const queuesOf = (service: string, { services }: Work): string[] =>
  consumers(service, services[service] ?? {}).flatMap(({ queues }) => queues.map(({ name }) => name));

/** What is transient is not tried again. */
const failsOf = (service: string, { services }: Work): boolean =>
  Object.values(services[service] ?? {})
    .flat()
    .some((what) => typeof what === 'string' || !what.transient);

/**
 * Commands and queries go through one exchange, so who may send one may send any. A timer's queue gives its messages to that
 * exchange too, which its declaration must have the right to. `amq.default` is every queue by its name: answers over direct
 * reply-to, timers, and what a bounded queue sets aside have no other way.
 */
function exchangesOf(service: string, work: Work): string[] {
  const { services, sends } = work;
  const [takes, sent] = [Object.values(services[service] ?? {}).flat(), sends[service] ?? []];
  const asks = sent.some(isRequest);
  const answers = takes.some((what) => typeof what !== 'string' && isRequest(what));
  return [
    ...(factsOf(service).length > 0 ? [exactly('shop.events')] : []),
    ...(asks ? [exactly('shop.commands')] : []),
    ...(sent.some(({ kind }) => kind === 'delivery') ? [exactly('shop.deliveries')] : []),
    ...(failsOf(service, work) ? [`${exactly('shop.retry-tier')}\\.[0-9]+`, exactly('shop.dead')] : []),
    ...(answers || sent.some(({ waitsIn }) => waitsIn !== undefined) ? [exactly('amq.default')] : []),
  ];
}

const isRequest = ({ kind }: Contract): boolean => kind === 'command' || kind === 'query';
