import { catalogue, type Contract } from '@sluice/contracts';

/** By service and queue: the contracts that it takes, or topic patterns over facts. */
export type Services = Readonly<Record<string, Readonly<Record<string, readonly (Contract | string)[]>>>>;
export type Arguments = Readonly<Record<string, string | number>>;

export interface Exchange {
  readonly name: string;
  readonly type: 'topic' | 'direct' | 'fanout' | 'headers';
  readonly arguments: Arguments;
}
export interface Queue {
  readonly name: string;
  readonly arguments: Arguments;
  /** Its length and its kind are settings: while it is empty it may be made anew with others. */
  readonly bounded?: boolean;
}
export interface Binding {
  readonly source: string;
  readonly to: 'queue' | 'exchange';
  readonly destination: string;
  readonly key: string;
  readonly arguments: Arguments;
}
/** What the broker shall hold. Everything is durable. */
export interface Topology {
  readonly exchanges: readonly Exchange[];
  readonly queues: readonly Queue[];
  readonly bindings: readonly Binding[];
}

/** The crash of a consumer counts for all that it holds, so a low limit would bury the innocent (docs/decisions/0017). 4.0's default, said for 3.x too. */
const DELIVERY_LIMIT = 20;
/** Read and given back by people, never consumed: 4.x would drop a letter after its default of 20 looks, and 3.x knows no "never". */
const NEVER = 1_000_000_000;
/** Reads that wait are soon late: at 2,000 answers a second this is five seconds, more than a caller waits. */
const MAX_QUERIES = 10_000;
/** Facts that nobody hears are a sign, not a store: the oldest go before they fill the disk. */
const MAX_UNROUTED = 100_000;

const exchange = (name: string, type: Exchange['type'], args: Arguments = {}): Exchange => ({
  name,
  type,
  arguments: args,
});
const quorum = (name: string, args: Arguments): Queue => ({ name, arguments: { 'x-queue-type': 'quorum', ...args } });
const classic = (name: string, args: Arguments): Queue => ({ name, arguments: { 'x-queue-type': 'classic', ...args } });
const binding = (source: string, destination: string, key = '', args: Arguments = {}): Binding => ({
  source,
  to: 'queue',
  destination,
  key,
  arguments: args,
});

/** At most once is the default for dead-lettering, and loses nearly all when the target is full or missing. */
const AT_LEAST_ONCE = { 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' };

export interface Settings {
  /** How long a failed message waits before each further try. Milliseconds. */
  retryTiersMs: readonly number[];
  /** The same, in addition, for services that call the outside. Milliseconds. */
  outsideTiersMs: readonly number[];
  /** The queues whose handlers call the outside. */
  callsOutside: readonly string[];
  /** How many messages a bounded queue takes. */
  bound: number;
  /** What goes on to `shop.live`. */
  live: readonly Contract[];
  /** In a cluster: what would be lost with one node is on several, where it may be written to disk. */
  replicated: boolean;
}

export function layout(services: Services, settings: Settings): Topology {
  const own = Object.entries(services).map(([service, queues]) => serviceLayout(service, queues, settings));
  return merge([shop(), optionalFacts(), liveFacts(settings.live), ...own]);
}

/** Everything of one service: its queues, and the tiers in which its failed messages wait. */
export function serviceLayout(service: string, queues: Services[string], settings: Settings): Topology {
  const itsQueues = consumers(service, queues, settings);
  return merge([...itsQueues, ...tiersOf(service, queues, settings).map((ms) => tier(service, ms))]);
}

/**
 * By which administrators put a message into one queue, under its name. No service may write to it, so what comes this way is
 * theirs, and names in a header who sent it first: libs/messaging/src/sender-verification.ts.
 */
export const OPERATOR = 'shop.operator';

/** The exchanges that everything goes through. */
function shop(): Topology {
  return {
    exchanges: [
      exchange('shop.unrouted', 'fanout'),
      exchange('shop.events', 'topic', { 'alternate-exchange': 'shop.unrouted' }),
      exchange('shop.commands', 'direct'),
      exchange('shop.deliveries', 'headers'),
      exchange('shop.dead', 'direct'),
      exchange('shop.homeless', 'fanout'),
      exchange('shop.home', 'direct', { 'alternate-exchange': 'shop.homeless' }),
      exchange('shop.optional', 'fanout'),
      exchange('shop.live', 'fanout'),
      exchange(OPERATOR, 'direct'),
    ],
    queues: [
      quorum('shop.unrouted', { 'x-delivery-limit': NEVER, 'x-max-length': MAX_UNROUTED, 'x-overflow': 'drop-head' }),
      quorum('shop.homeless', { 'x-delivery-limit': NEVER }),
    ],
    bindings: [binding('shop.unrouted', 'shop.unrouted'), binding('shop.homeless', 'shop.homeless')],
  };
}

/** A service without a durable queue tries nothing again, and has no tiers. */
function tiersOf(
  service: string,
  queues: Services[string],
  { retryTiersMs, outsideTiersMs, callsOutside }: Settings,
): number[] {
  const durable = Object.entries(queues)
    .filter(([, takes]) => !takes.every(isTransient))
    .map(([name]) => `${service}.${name}`);
  if (durable.length === 0) return [];
  const outside = durable.some((queue) => callsOutside.includes(queue));
  return [...new Set([...retryTiersMs, ...(outside ? outsideTiersMs : [])])];
}

/** Where failed messages of every service wait so long: one exchange, and behind it a queue for each service. */
export const tierExchange = (ms: number): string => `shop.retry-tier.${ms}`;
export const tierQueue = (service: string, ms: number): string => `${service}.retry.${ms}`;
/** Also the tiers that all services shared once, `shop.retry.<ms>`. */
export const isTierQueue = (name: string): boolean => /\.retry\.\d+$/.test(name);
export const isTierExchange = (name: string): boolean => /^shop\.retry-tier\.\d+$/.test(name);

/**
 * A failed message waits here, and goes home by its routing key, which is the name of its queue. RabbitMQ hands on 32 expired
 * messages of a queue at once and waits for each to be confirmed, so a home without a leader stops this queue, which no other
 * service shares. A home that does not exist stops nothing: its messages go to `shop.homeless` (docs/decisions/0018).
 */
function tier(service: string, ms: number): Topology {
  const [source, name] = [tierExchange(ms), tierQueue(service, ms)];
  return {
    exchanges: [exchange(source, 'topic')],
    queues: [
      quorum(name, {
        'x-message-ttl': ms,
        'x-dead-letter-exchange': 'shop.home',
        'x-delivery-limit': NEVER,
        ...AT_LEAST_ONCE,
      }),
    ],
    bindings: [binding(source, name, `${service}.#`)],
  };
}

/** A fact that may be heard by nobody is routed to an exchange without queues, which keeps it from the unrouted. */
function optionalFacts(): Topology {
  const optional = [...catalogue.values()].filter((contract) => contract.optional);
  return { exchanges: [], queues: [], bindings: optional.map(({ type }) => onwards('shop.optional', type)) };
}

/** Every gateway binds a queue of its own to the exchange behind, and takes it along when it goes. */
const liveFacts = (live: readonly Contract[]): Topology => ({
  exchanges: [],
  queues: [],
  bindings: live.map(({ type }) => onwards('shop.live', type)),
});

const onwards = (exchange: string, key: string): Binding => ({
  ...binding('shop.events', exchange, key),
  to: 'exchange',
});

/** One service's queues, with their dead letters and bindings. */
export const consumers = (
  service: string,
  queues: Services[string],
  { bound, replicated }: Pick<Settings, 'bound' | 'replicated'> = { bound: 0, replicated: false },
): Topology[] =>
  Object.entries(queues).map(([name, takes]) => {
    const queue = `${service}.${name}`;
    const made = takes.every(isTransient)
      ? mayBeLost(queue, replicated && takes.every(mayRest))
      : takes.some(isBounded)
        ? boundedQueues(queue, bound, replicated)
        : mustNotBeLost(queue);
    const mended = made.queues
      .filter((one) => !one.name.endsWith('.dead'))
      .map((one) => binding(OPERATOR, one.name, one.name));
    return {
      exchanges: [],
      queues: made.queues,
      bindings: [...made.bindings, ...mended, ...takes.map((what) => bindingOf(queue, what))],
    };
  });

const isTransient = (what: Contract | string): boolean => typeof what !== 'string' && what.transient;
const mayRest = (what: Contract | string): boolean => typeof what !== 'string' && what.mayRest;
const isBounded = (what: Contract | string): boolean => typeof what !== 'string' && what.bounded;
type QueueAndBindings = Pick<Topology, 'queues' | 'bindings'>;

/** Bounded, and without dead letters, which would outlive their deadline. Only a classic queue keeps them off the disk: they may hold a password. */
const mayBeLost = (queue: string, replicated: boolean): QueueAndBindings => ({
  queues: [
    {
      ...(replicated ? quorum : classic)(queue, { 'x-max-length': MAX_QUERIES, 'x-overflow': 'reject-publish' }),
      bounded: true,
    },
  ],
  bindings: [],
});

/** Quorum, with a queue for its dead letters, which has no bound. */
const mustNotBeLost = (queue: string): QueueAndBindings => ({
  queues: [
    quorum(`${queue}.dead`, { 'x-delivery-limit': NEVER }),
    quorum(queue, {
      'x-delivery-limit': DELIVERY_LIMIT,
      'x-dead-letter-exchange': 'shop.dead',
      'x-dead-letter-routing-key': queue,
      ...AT_LEAST_ONCE,
    }),
  ],
  bindings: [binding('shop.dead', `${queue}.dead`, queue), binding('shop.home', queue, queue)],
});

/**
 * Holds exactly so many and refuses more, which only a classic queue does, on the one node where it lives: a quorum queue
 * overshoots by hundreds and then refuses until it is down to 80 %. What it took must not be lost, and has no second chance here: a failed message waits and
 * is tried again in a quorum queue beside it, which has no bound.
 */
function boundedQueues(queue: string, bound: number, replicated: boolean): QueueAndBindings {
  const again = mustNotBeLost(`${queue}-again`);
  return {
    ...again,
    queues: [
      ...again.queues,
      {
        ...(replicated ? quorum : classic)(queue, { 'x-max-length': bound, 'x-overflow': 'reject-publish' }),
        bounded: true,
      },
    ],
  };
}

function bindingOf(queue: string, what: Contract | string): Binding {
  if (typeof what === 'string') return binding('shop.events', queue, what);
  if (what.kind === 'event') return binding('shop.events', queue, what.type);
  if (what.kind === 'delivery')
    return binding('shop.deliveries', queue, '', { 'x-match': 'all', channel: what.type.replace('delivery.', '') });
  return binding('shop.commands', queue, what.type);
}

/** An exchange may be named by several parts: the tiers of all services share theirs. */
const merge = (parts: readonly Topology[]): Topology => ({
  exchanges: [...new Map(parts.flatMap(({ exchanges }) => exchanges).map((one) => [one.name, one])).values()],
  queues: parts.flatMap(({ queues }) => queues),
  bindings: parts.flatMap(({ bindings }) => bindings),
});
