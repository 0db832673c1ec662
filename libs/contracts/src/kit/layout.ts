import { markedKey, type Contract } from './message.js';
import { system } from './system.js';

/** By service and queue: the consumed contracts, or topic patterns over events. */
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
  /** Length and type depend on settings; while empty, the queue may be recreated with others. */
  readonly bounded?: boolean;
}
export interface Binding {
  readonly source: string;
  readonly to: 'queue' | 'exchange';
  readonly destination: string;
  readonly key: string;
  readonly arguments: Arguments;
}
/** Exchanges, queues and bindings to declare. All are durable. */
export interface Topology {
  readonly exchanges: readonly Exchange[];
  readonly queues: readonly Queue[];
  readonly bindings: readonly Binding[];
}

/**
 * Deliveries before a message is dead-lettered. A crash counts for every message that the consumer holds, so a low
 * limit would dead-letter healthy messages (docs/decisions/0017). The default of RabbitMQ 4.0, set for 3.x too.
 */
const DELIVERY_LIMIT = 20;
/**
 * Unlimited deliveries for queues that operators read and return: 4.x would drop a letter after its default of 20
 * reads, and 3.x has no value for "unlimited".
 */
const UNLIMITED = 1_000_000_000;
/** Length limit of query queues. At 2,000 replies a second this is five seconds of work, longer than a caller waits. */
const MAX_QUERIES = 10_000;
/**
 * Length limit of unrouted events. They are a symptom to inspect, not data to keep: the oldest are dropped before
 * they fill the disk.
 */
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

/**
 * Dead-lettering at least once. The default, at most once, loses nearly all messages when the target is full or
 * missing.
 */
const AT_LEAST_ONCE = { 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' };

export interface LayoutSettings {
  /** Waiting time of a failed message before each further try. Milliseconds. */
  retryTiersMs: readonly number[];
  /** Additional tiers for services that call external providers. Milliseconds. */
  outsideTiersMs: readonly number[];
  /** Queues whose handlers call external providers. */
  callsOutside: readonly string[];
  /** Length limit of a bounded queue, in messages. */
  bound: number;
  /** Events that are also routed to the exchange of live facts. */
  live: readonly Contract[];
  /**
   * For a cluster: queues that would be lost with one node are replicated, if their messages may be written to disk.
   */
  replicated: boolean;
}

export function layout(services: Services, settings: LayoutSettings): Topology {
  const own = Object.entries(services).map(([service, queues]) => serviceLayout(service, queues, settings));
  return merge([sharedLayout(), optionalFacts(), liveFacts(settings.live), ...own]);
}

/** Topology of one service: its queues, and the retry tiers of its failed messages. */
export function serviceLayout(service: string, queues: Services[string], settings: LayoutSettings): Topology {
  const itsQueues = consumers(service, queues, settings);
  return merge([...itsQueues, ...tiersOf(service, queues, settings).map((ms) => tier(service, ms))]);
}

/** The exchanges shared by all services. */
function sharedLayout(): Topology {
  const { events, commands, deliveries, dead, home, homeless, unrouted, optional, live, operator } = system().exchanges;
  return {
    exchanges: [
      exchange(unrouted, 'fanout'),
      exchange(events, 'topic', { 'alternate-exchange': unrouted }),
      exchange(commands, 'direct'),
      exchange(deliveries, 'headers'),
      exchange(dead, 'direct'),
      exchange(homeless, 'fanout'),
      exchange(home, 'direct', { 'alternate-exchange': homeless }),
      exchange(optional, 'fanout'),
      exchange(live, 'fanout'),
      exchange(operator, 'direct'),
    ],
    queues: [
      quorum(unrouted, { 'x-delivery-limit': UNLIMITED, 'x-max-length': MAX_UNROUTED, 'x-overflow': 'drop-head' }),
      quorum(homeless, { 'x-delivery-limit': UNLIMITED }),
    ],
    bindings: [binding(unrouted, unrouted), binding(homeless, homeless)],
  };
}

/** Tiers of a service; none for a service without a durable queue, since it retries nothing. */
function tiersOf(
  service: string,
  queues: Services[string],
  { retryTiersMs, outsideTiersMs, callsOutside }: LayoutSettings,
): number[] {
  const durable = Object.entries(queues)
    .filter(([, takes]) => !takes.every(isTransient))
    .map(([name]) => `${service}.${name}`);
  if (durable.length === 0) return [];
  const outside = durable.some((queue) => callsOutside.includes(queue));
  return [...new Set([...retryTiersMs, ...(outside ? outsideTiersMs : [])])];
}

export const tierQueue = (service: string, ms: number): string => `${service}.retry.${ms}`;
/** Also matches the former tiers shared by all services, `<system>.retry.<ms>`. */
export const isTierQueue = (name: string): boolean => /\.retry\.\d+$/.test(name);
export function isTierExchange(name: string): boolean {
  const prefix = `${system().exchanges.retryTiers}.`;
  return name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length));
}

/**
 * Retry tier of a service. A failed message waits here, and returns to its queue by its routing key. RabbitMQ
 * forwards 32 expired messages of a queue at once and waits for each confirm, so a target queue without a leader
 * blocks this tier, which no other service shares. A missing target queue blocks nothing: its messages go to
 * the exchange `homeless` (docs/decisions/0018).
 */
function tier(service: string, ms: number): Topology {
  const { home, retryTier } = system().exchanges;
  const [source, name] = [retryTier(ms), tierQueue(service, ms)];
  return {
    exchanges: [exchange(source, 'topic')],
    queues: [
      quorum(name, {
        'x-message-ttl': ms,
        'x-dead-letter-exchange': home,
        'x-delivery-limit': UNLIMITED,
        ...AT_LEAST_ONCE,
      }),
    ],
    bindings: [binding(source, name, `${service}.#`)],
  };
}

/**
 * Routes events that may have no subscriber to an exchange without queues, so that they are not counted as unrouted.
 */
function optionalFacts(): Topology {
  const { catalogue, exchanges } = system();
  const optional = [...catalogue.contracts.values()].filter((contract) => contract.optional);
  return { exchanges: [], queues: [], bindings: optional.map(({ type }) => forward(exchanges.optional, type)) };
}

/** Routes live events to the exchange to which every gateway binds its own exclusive queue. */
const liveFacts = (live: readonly Contract[]): Topology => ({
  exchanges: [],
  queues: [],
  bindings: live.map(({ type }) => forward(system().exchanges.live, type)),
});

const forward = (exchange: string, key: string): Binding => ({
  ...binding(system().exchanges.events, exchange, key),
  to: 'exchange',
});

/** The queues of one service, with their dead-letter queues and bindings. */
export const consumers = (
  service: string,
  queues: Services[string],
  { bound, replicated }: Pick<LayoutSettings, 'bound' | 'replicated'> = { bound: 0, replicated: false },
): Topology[] =>
  Object.entries(queues).map(([name, takes]) => {
    const queue = `${service}.${name}`;
    const declared = takes.every(isTransient)
      ? transientQueue(queue, replicated && takes.every(mayRest))
      : takes.some(isBounded)
        ? boundedQueues(queue, bound, replicated)
        : durableQueues(queue);
    const operatorBindings = declared.queues
      .filter((one) => !one.name.endsWith('.dead'))
      .map((one) => binding(system().exchanges.operator, one.name, one.name));
    return {
      exchanges: [],
      queues: declared.queues,
      bindings: [
        ...declared.bindings,
        ...operatorBindings,
        ...takes.filter(isBound).map((what) => bindingOf(queue, what)),
      ],
    };
  });

const isTransient = (what: Contract | string): boolean => typeof what !== 'string' && what.transient;
const mayRest = (what: Contract | string): boolean => typeof what !== 'string' && what.mayRest;
const isBound = (what: Contract | string): boolean => typeof what === 'string' || !what.unbound;
const isBounded = (what: Contract | string): boolean => typeof what !== 'string' && what.bounded;
type QueueAndBindings = Pick<Topology, 'queues' | 'bindings'>;

/**
 * Queue of transient messages: bounded, and without dead letters, which would outlive their deadline. They may
 * contain a password, and only a classic queue keeps them off the disk.
 */
const transientQueue = (queue: string, replicated: boolean): QueueAndBindings => ({
  queues: [
    {
      ...(replicated ? quorum : classic)(queue, { 'x-max-length': MAX_QUERIES, 'x-overflow': 'reject-publish' }),
      bounded: true,
    },
  ],
  bindings: [],
});

/** A quorum queue, and an unbounded queue for its dead letters. */
const durableQueues = (queue: string): QueueAndBindings => ({
  queues: [
    quorum(`${queue}.dead`, { 'x-delivery-limit': UNLIMITED }),
    quorum(queue, {
      'x-delivery-limit': DELIVERY_LIMIT,
      'x-dead-letter-exchange': system().exchanges.dead,
      'x-dead-letter-routing-key': queue,
      ...AT_LEAST_ONCE,
    }),
  ],
  bindings: [binding(system().exchanges.dead, `${queue}.dead`, queue), binding(system().exchanges.home, queue, queue)],
});

/**
 * A queue with an exact limit, which refuses messages beyond it. Only a classic queue is exact, on the one node where
 * it lives: a quorum queue exceeds the limit by hundreds and then refuses until it is down to 80 %. Accepted messages
 * must not be lost, so failed ones wait and are retried in an unbounded quorum queue beside it.
 */
function boundedQueues(queue: string, bound: number, replicated: boolean): QueueAndBindings {
  const again = durableQueues(`${queue}-again`);
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
  const { events, of } = system().exchanges;
  if (typeof what === 'string') return binding(events, queue, what);
  if (what.kind === 'delivery')
    return binding(of(what.kind), queue, '', { 'x-match': 'all', channel: what.type.replace('delivery.', '') });
  return binding(of(what.kind), queue, what.mark === undefined ? what.type : markedKey(what.type, what.mark));
}

/** Merges parts; an exchange may occur in several, as the tier exchanges do in all services. */
const merge = (parts: readonly Topology[]): Topology => ({
  exchanges: [...new Map(parts.flatMap(({ exchanges }) => exchanges).map((one) => [one.name, one])).values()],
  queues: parts.flatMap(({ queues }) => queues),
  bindings: parts.flatMap(({ bindings }) => bindings),
});
