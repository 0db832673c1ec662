import { DependencyHealth, Instant } from '@sluice/contracts';
import { z } from 'zod';
import { isSilent, keyOf, type Heard, type Processes, type Sample } from './history.js';
import { bucketsOf, percentileMs, rateOfAll, rounded } from './rates.js';

/** Messages per second, or another number per second, over the last five seconds. */
const Rate = z.number();
const Milliseconds = z.number().optional();

const SeenProcess = z.object({
  instance: z.string(),
  version: z.string(),
  uptimeSeconds: z.number(),
  /** It has said nothing for two seconds: stopped, frozen, or cut off from the broker. */
  gone: z.boolean(),
  /** Share of one core. */
  cpu: z.number(),
  memoryBytes: z.int(),
});

const SeenService = z.object({
  service: z.string(),
  processes: z.array(SeenProcess),
  /** Only with a database: commits per second, messages in each of them, and how long each took. */
  commits: z.object({ perSecond: Rate, messagesEach: z.number(), msEach: z.number() }).optional(),
  outbox: z.object({ rows: z.int(), oldestSeconds: z.number() }).optional(),
  requests: z.object({ perSecond: Rate, p50Ms: Milliseconds, p99Ms: Milliseconds }),
});

const SeenQueue = z.object({
  queue: z.string(),
  service: z.string(),
  exchange: z.string(),
  /** AMQP messages; a batch of facts is one. Absent when the broker does not report it. */
  ready: z.int().optional(),
  consumers: z.int().optional(),
  unacknowledged: z.int(),
  held: z.int(),
  paused: z.boolean(),
  /** AMQP messages per second that arrive in the queue, and that are acknowledged. */
  in: Rate,
  out: Rate,
  /** Facts and requests per second that were handled, that failed and wait, and that became dead letters. */
  handled: Rate,
  retries: Rate,
  dead: Rate,
  p50Ms: Milliseconds,
  p99Ms: Milliseconds,
  /** Messages in `<queue>.dead`; absent for a queue without dead letters. */
  deadLetters: z.int().optional(),
});

export const Snapshot = z.object({
  at: Instant,
  services: z.array(SeenService),
  queues: z.array(SeenQueue),
  /** AMQP messages per second from a service to each exchange that it has sent to; the default one has no name. */
  sent: z.array(z.object({ service: z.string(), exchange: z.string(), perSecond: Rate })),
  /** Facts, requests and replies per second by type, those that flow now. */
  types: z.array(z.object({ type: z.string(), perSecond: Rate })),
  dependencies: z.array(DependencyHealth.extend({ service: z.string() })),
  /** Without a number an invariant could not be checked. */
  invariants: z.array(z.object({ service: z.string(), name: z.string(), violations: z.int().optional() })),
  orders: z.object({ placedPerSecond: Rate, completedPerSecond: Rate }),
});
export type Snapshot = z.output<typeof Snapshot>;

/** Depth of queues whose service is gone, as the gateway sees it, with its history. */
export interface Observed {
  depths: ReadonlyMap<string, { ready: number; consumers: number }>;
  samples: readonly Sample[];
}
const NOTHING: Observed = { depths: new Map(), samples: [] };

/** The system now. @param observed queues of services that say nothing; @param at RFC 3339, the same instant as `now` */
export function snapshotOf(processes: Processes, now: number, at: string, observed: Observed = NOTHING): Snapshot {
  const all = [...processes.values()];
  const services = [...new Set(all.map(({ service }) => service))].sort();
  const of = (service: string): Heard[] => all.filter((one) => one.service === service);
  const running = (service: string): Heard[] => of(service).filter((one) => !isSilent(one, now));
  return {
    at,
    services: services.map((service) => serviceOf(service, of(service), now)),
    queues: services.flatMap((service) => queuesOf(service, of(service), running(service), observed)),
    sent: services.flatMap((service) => sentBy(service, running(service))),
    types: typesOf(all.filter((one) => !isSilent(one, now))),
    dependencies: services.flatMap((service) => dependenciesOf(service, running(service))),
    invariants: services.flatMap((service) => invariantsOf(service, of(service))),
    orders: {
      placedPerSecond: rateOfAll(histories(running('orders')), keyOf('published', 'order.placed')),
      completedPerSecond: rateOfAll(histories(running('orders')), keyOf('published', 'order.completed')),
    },
  };
}

const histories = (processes: readonly Heard[]): (readonly Sample[])[] => processes.map(({ samples }) => samples);
/** The one that was heard last, of those that have told their figures. */
const latest = (processes: readonly Heard[]): Heard | undefined =>
  processes
    .filter(({ vitals }) => vitals)
    .reduce<Heard | undefined>((best, one) => (best && best.at > one.at ? best : one), undefined);

function serviceOf(service: string, all: readonly Heard[], now: number): Snapshot['services'][number] {
  const running = all.filter((one) => !isSilent(one, now));
  const [rates, outbox] = [histories(running), latest(all)?.vitals?.outbox];
  const requests = bucketsOf(rates, (bucket) => keyOf('request durations', String(bucket)));
  return {
    service,
    processes: all.map((one) => processOf(one, now)),
    ...(all.some(({ vitals }) => vitals?.commits) && { commits: commitsOf(rates) }),
    ...(outbox && { outbox }),
    requests: {
      perSecond: rateOfAll(rates, keyOf('requests')),
      p50Ms: percentileMs(requests, 0.5),
      p99Ms: percentileMs(requests, 0.99),
    },
  };
}

function processOf(one: Heard, now: number): z.output<typeof SeenProcess> {
  const gone = isSilent(one, now);
  return {
    instance: one.instance,
    version: one.version,
    uptimeSeconds: one.uptimeSeconds,
    gone,
    cpu: gone ? 0 : rounded(rateOfAll([one.samples], keyOf('cpu')) / 1_000),
    memoryBytes: one.vitals?.process.memoryBytes ?? 0,
  };
}

function commitsOf(rates: (readonly Sample[])[]): { perSecond: number; messagesEach: number; msEach: number } {
  const [perSecond, messages, ms] = ['count', 'messages', 'ms'].map((name) => rateOfAll(rates, keyOf('commits', name)));
  const each = (total = 0): number => (perSecond ? rounded(total / perSecond) : 0);
  return { perSecond: perSecond!, messagesEach: each(messages), msEach: each(ms) };
}

function queuesOf(
  service: string,
  all: readonly Heard[],
  running: readonly Heard[],
  observed: Observed,
): Snapshot['queues'] {
  const [reporter, rates] = [latest(running), histories(running)];
  const last = (reporter ?? latest(all))?.vitals?.queues ?? [];
  const own = new Map(last.map((one) => [one.queue, one]));
  const depthOf = (queue: string) => (reporter ? own.get(queue) : observed.depths.get(queue));
  return last.flatMap(({ queue, consuming }) => {
    if (!consuming) return [];
    const mine = running.flatMap(({ vitals }) => vitals?.queues.find((one) => one.queue === queue)?.consuming ?? []);
    const { ready, consumers } = depthOf(queue) ?? {};
    const deadLetters = depthOf(`${queue}.dead`)?.ready;
    return {
      ...{ queue, service, exchange: consuming.exchange },
      ...(ready !== undefined && { ready }),
      ...(consumers !== undefined && { consumers }),
      unacknowledged: sum(mine.map(({ unacknowledged }) => unacknowledged)),
      held: sum(mine.map(({ held }) => held)),
      paused: mine.some(({ paused }) => paused),
      ...flowOf(queue, rates, reporter?.samples ?? observed.samples),
      ...(deadLetters !== undefined && { deadLetters }),
    };
  });
}

/** @param depths samples of the one that reports the depth of the queue, since several would count it several times */
function flowOf(queue: string, rates: (readonly Sample[])[], depths: readonly Sample[]) {
  const rate = (name: string): number => rateOfAll(rates, keyOf(name, queue));
  const buckets = bucketsOf(rates, (bucket) => keyOf(`duration ${bucket}`, queue));
  const out = rate('acknowledged');
  const grown = rate('unacknowledged') + rateOfAll([depths], keyOf('ready', queue));
  return {
    in: rounded(Math.max(0, out + grown)),
    out,
    handled: rate('handled'),
    retries: rate('retries'),
    dead: rate('dead'),
    p50Ms: percentileMs(buckets, 0.5),
    p99Ms: percentileMs(buckets, 0.99),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const sentBy = (service: string, running: readonly Heard[]): Snapshot['sent'] =>
  [...new Set(running.flatMap(({ vitals }) => (vitals?.sent ?? []).map(({ exchange }) => exchange)))].map(
    (exchange) => ({
      ...{ service, exchange },
      perSecond: rateOfAll(histories(running), keyOf('sent', exchange)),
    }),
  );

const typesOf = (running: readonly Heard[]): Snapshot['types'] =>
  [...new Set(running.flatMap(({ vitals }) => (vitals?.published ?? []).map(({ type }) => type)))]
    .map((type) => ({ type, perSecond: rateOfAll(histories(running), keyOf('published', type)) }))
    .filter(({ perSecond }) => perSecond > 0)
    .sort((one, other) => other.perSecond - one.perSecond);

/** Of several processes, a sick one says what is wrong. */
function dependenciesOf(service: string, running: readonly Heard[]): Snapshot['dependencies'] {
  const byName = new Map<string, DependencyHealth>();
  for (const one of running.flatMap(({ vitals }) => vitals?.dependencies ?? []))
    if (byName.get(one.name)?.state !== 'sick') byName.set(one.name, one);
  return [...byName.values()].map((one) => ({ service, ...one }));
}

const invariantsOf = (service: string, all: readonly Heard[]): Snapshot['invariants'] =>
  (latest(all)?.vitals?.invariants ?? []).map((one) => ({ service, ...one }));
