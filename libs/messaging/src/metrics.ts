import { DURATION_BUCKETS, system } from '@sluice/contracts/kit';
import { Counter, Gauge, Histogram } from 'prom-client';
import { factsIn } from './batch-format.js';
import { dependencies } from './dependencies.js';
import { ProblemError, PublishError, RequestTimeoutError, type PublishFailure } from './errors.js';
import { whenScraped } from './scrape.js';

const SECONDS = [...DURATION_BUCKETS];

export const published = new Counter({
  name: 'sluice_messages_published_total',
  help: 'Messages published, by what became of them.',
  labelNames: ['type', 'outcome'],
});
const publishSeconds = new Histogram({
  name: 'sluice_publish_seconds',
  help: 'From publishing to the confirm, waiting in line included. Seconds.',
  buckets: SECONDS,
});
export const handled = new Counter({
  name: 'sluice_messages_handled_total',
  help: 'Deliveries, by how they ended.',
  labelNames: ['queue', 'type', 'ending'],
});
export const handleSeconds = new Histogram({
  name: 'sluice_handle_seconds',
  help: 'From the delivery to its ending. Seconds.',
  labelNames: ['queue', 'type'],
  buckets: SECONDS,
});
export const rpcSeconds = new Histogram({
  name: 'sluice_rpc_seconds',
  help: 'Requests, from the question to the answer or to giving up. Seconds.',
  labelNames: ['type', 'outcome'],
  buckets: SECONDS,
});

const lateRequests = new Counter({
  name: 'sluice_messages_overdue_total',
  help:
    'Requests whose caller had stopped waiting when they came: queries are dropped, commands carried out without an ' +
    'answer.',
  labelNames: ['queue', 'type'],
});

const implausibleTimes = new Counter({
  name: 'sluice_instants_doubted_total',
  help:
    'Messages that claim to have been accepted in the future, or longer ago than is believed: judged by the nearest ' +
    'instant that is.',
  labelNames: ['type'],
});
const refused = new Counter({
  name: 'sluice_messages_refused_total',
  help:
    'Messages that were not handled because their sender may not send them (sender), not in this way (way), or is ' +
    'not named (anonymous).',
  labelNames: ['queue', 'type', 'fault'],
});
const anonymous = new Counter({
  name: 'sluice_messages_anonymous_total',
  help: 'Messages that were handled although they do not name their sender (ANONYMOUS_MESSAGES=accepted).',
  labelNames: ['queue', 'type'],
});

/** AMQP messages that the broker has confirmed, by exchange: what the broker itself counts as published there. */
export const sent = new Map<string, number>();

/**
 * Changes with every message that is published, taken or settled here, and with every request that ends. `failed`: those
 * that were not simply acknowledged.
 */
export const activity = { count: 0, failed: 0 };

/**
 * Sources of the gauges when they are scraped. Connections, consumers and queues of this process add themselves, and
 * remove themselves on close.
 */
export const watched = {
  connections: new Set<{ isConnected(): boolean }>(),
  consumers: new Set<{
    readonly queue: string;
    readonly inFlight: number;
    readonly held: number;
    readonly paused: boolean;
    readonly routes: { readonly exchange: string };
    readonly tally: { readonly delivered: number; readonly acknowledged: number; readonly unacknowledged: number };
  }>(),
  queues: new Set<{ readonly names: readonly string[]; depth(queue: string): Promise<number> }>(),
};

new Gauge({
  name: 'sluice_broker_connected',
  help: '1 when every connection of this process to the broker is up, else 0.',
  collect() {
    const all = [...watched.connections];
    this.set(all.length > 0 && all.every((connection) => connection.isConnected()) ? 1 : 0);
  },
});

new Gauge({
  name: 'sluice_messages_in_flight',
  help: 'Deliveries that this process has taken and not settled.',
  labelNames: ['queue'],
  collect() {
    this.reset();
    for (const { queue, inFlight } of watched.consumers) this.inc({ queue }, inFlight);
  },
});

new Gauge({
  name: 'sluice_messages_held',
  help: 'Deliveries that wait in this process until what they failed on works again.',
  labelNames: ['queue'],
  collect() {
    this.reset();
    for (const { queue, held } of watched.consumers) this.inc({ queue }, held);
  },
});

new Gauge({
  name: 'sluice_queue_paused',
  help: '1 while this process takes nothing from the queue, because what its messages need fails or the broker is blocked.',
  labelNames: ['queue'],
  collect() {
    this.reset();
    for (const { queue, paused } of watched.consumers) this.set({ queue }, paused ? 1 : 0);
  },
});

new Gauge({
  name: 'sluice_dependency_sick',
  help: '1 while a dependency fails for all messages that need it (database, broker, a provider), else 0.',
  labelNames: ['dependency'],
  collect() {
    this.reset();
    for (const { name, state } of dependencies.all()) this.set({ dependency: name }, state === 'sick' ? 1 : 0);
  },
});

const depths = whenScraped(async () => {
  const reads = [...watched.queues].flatMap(({ names, depth }) =>
    names.map(async (queue) => ({ queue, depth: await depth(queue) })),
  );
  return (await Promise.allSettled(reads)).flatMap((read) => (read.status === 'fulfilled' ? [read.value] : []));
});

new Gauge({
  name: 'sluice_queue_messages',
  help: 'Messages that wait in a queue of this service, without those that a consumer holds. A batch of facts is one.',
  labelNames: ['queue'],
  async collect() {
    const answers = await depths();
    this.reset();
    for (const { queue, depth } of answers ?? []) this.set({ queue }, depth);
  },
});

/**
 * Any client can write any type on a message, so labels are limited to the types of this system. `answer` is the type
 * of replies.
 */
const typeLabel = (type: unknown): string =>
  typeof type === 'string' && (type === 'answer' || system().catalogue.contracts.has(type)) ? type : 'other';

const secondsSince = (began: number): number => (performance.now() - began) / 1_000;

/**
 * Counts a publish by its outcome, each fact of a batch as one message, and times it, whatever the outcome: refused and
 * unconfirmed publishes take longest.
 */
export async function countPublish(
  message: Parameters<typeof factsIn>[0] & {
    readonly exchange: string;
    readonly properties: { readonly type?: unknown };
  },
  publish: () => Promise<void>,
): Promise<void> {
  const began = performance.now();
  let outcome: 'confirmed' | 'invalid' | PublishFailure = 'confirmed';
  try {
    await publish();
    sent.set(message.exchange, (sent.get(message.exchange) ?? 0) + 1);
  } catch (error) {
    outcome = error instanceof PublishError ? error.reason : 'invalid';
    throw error;
  } finally {
    activity.count += 1;
    publishSeconds.observe(secondsSince(began));
    published.inc({ type: typeLabel(message.properties.type), outcome }, factsIn(message));
  }
}

export type HandledEnding = 'ack' | 'hold' | 'retry' | 'dead' | 'aside' | 'given_back';

/** @param began `performance.now()` at the delivery */
export function countHandled(queue: string, messageType: unknown, ending: HandledEnding, began: number): void {
  const type = typeLabel(messageType);
  activity.count += 1;
  if (ending !== 'ack') activity.failed += 1;
  handled.inc({ queue, type, ending });
  handleSeconds.observe({ queue, type }, secondsSince(began));
}

export const countRefused = (queue: string, type: unknown, fault: string): void =>
  refused.inc({ queue, type: typeLabel(type), fault });
export const countAnonymous = (queue: string, type: unknown): void => anonymous.inc({ queue, type: typeLabel(type) });
export const countLateRequest = (queue: string, type: unknown): void =>
  lateRequests.inc({ queue, type: typeLabel(type) });

export const countImplausibleTime = (type: unknown): void => implausibleTimes.inc({ type: typeLabel(type) });

/**
 * Outcomes: `answered`, `refused` (a business "no"), `failed` (a fault of the owner), `timeout`, or the publish
 * failure.
 */
export async function timeRequest<T>(type: string, request: () => Promise<T>): Promise<T> {
  const began = performance.now();
  let outcome: string = 'answered';
  try {
    return await request();
  } catch (error) {
    outcome = outcomeOf(error);
    throw error;
  } finally {
    activity.count += 1;
    rpcSeconds.observe({ type: typeLabel(type), outcome }, secondsSince(began));
  }
}

function outcomeOf(error: unknown): 'refused' | 'failed' | 'timeout' | PublishFailure {
  if (error instanceof PublishError) return error.reason;
  if (error instanceof RequestTimeoutError) return 'timeout';
  return error instanceof ProblemError && error.problem.status < 500 ? 'refused' : 'failed';
}
