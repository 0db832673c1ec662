import type { DependencyHealth, QueueVitals, Vitals } from '@sluice/contracts/kit';
import type { Counter, Histogram } from 'prom-client';
import { dependencies } from './dependencies.js';
import { activity, handled, handleSeconds, published, rpcSeconds, sent, watched } from './metrics.js';
import type { QueueDepth } from './queue-depths.js';

/** What the messaging of this process has done and how it is. Counters are those of the metrics. */
export type MessagingVitals = Pick<Vitals, 'published' | 'sent' | 'queues' | 'requests' | 'dependencies'>;

/** Changes with every message and request of this process. */
export const activityNow = (): Readonly<typeof activity> => ({ ...activity });

/** The queues of a service that runs in this process, with those of its dead letters. */
export const ownQueues = (service: string): string[] =>
  [...watched.queues].flatMap(({ names }) => names).filter((name) => name.startsWith(`${service}.`));

/** @param depths of the service's own queues */
export async function messagingVitals(
  service: string,
  depths: ReadonlyMap<string, QueueDepth>,
): Promise<MessagingVitals> {
  const [endings, durations, requests] = await Promise.all([
    countsOf(handled),
    durationsOf(handleSeconds, 'queue'),
    requestVitals(),
  ]);
  return {
    published: publishedOf(await countsOf(published)),
    sent: [...sent].map(([exchange, messages]) => ({ exchange, messages })),
    queues: queueVitals(ownQueues(service), depths, { endings, durations }),
    requests,
    dependencies: dependencies.all() as DependencyHealth[],
  };
}

/** A counter of prom-client as it is counted: by labels. */
interface Count {
  readonly labels: Partial<Record<string, string | number>>;
  readonly value: number;
}

const countsOf = async (counter: Counter<string>): Promise<readonly Count[]> => (await counter.get()).values;

function publishedOf(counts: readonly Count[]): Vitals['published'] {
  const byType = new Map<string, Vitals['published'][number]>();
  for (const { labels, value } of counts) {
    const type = String(labels['type']);
    const totals = byType.get(type) ?? { type, confirmed: 0, failed: 0 };
    totals[labels['outcome'] === 'confirmed' ? 'confirmed' : 'failed'] += value;
    byType.set(type, totals);
  }
  return [...byType.values()];
}

type Consuming = NonNullable<QueueVitals['consuming']>;

interface HandledCounts {
  readonly endings: readonly Count[];
  readonly durations: ReadonlyMap<string, readonly number[]>;
}

function queueVitals(
  queues: readonly string[],
  depths: ReadonlyMap<string, QueueDepth>,
  counts: HandledCounts,
): QueueVitals[] {
  const consumers = new Map([...watched.consumers].map((consumer) => [consumer.queue, consumer]));
  return queues.map((queue) => {
    const consumer = consumers.get(queue);
    return { queue, ...depths.get(queue), ...(consumer && { consuming: consumingOf(consumer, counts) }) };
  });
}

function consumingOf(
  consumer: typeof watched.consumers extends Set<infer C> ? C : never,
  { endings, durations }: HandledCounts,
): Consuming {
  const { queue, inFlight, held, paused, routes, tally } = consumer;
  const { delivered, acknowledged, unacknowledged } = tally;
  return {
    ...{ exchange: routes.exchange, delivered, acknowledged, unacknowledged, inFlight, held, paused },
    handled: handledOf(endings.filter(({ labels }) => labels['queue'] === queue)),
    durations: [...(durations.get(queue) ?? [])],
  };
}

function handledOf(endings: readonly Count[]): Consuming['handled'] {
  const byType = new Map<string, Consuming['handled'][number]>();
  for (const { labels, value } of endings) {
    const type = String(labels['type']);
    const totals = byType.get(type) ?? { type, ack: 0, retry: 0, dead: 0, other: 0 };
    const ending = labels['ending'];
    totals[ending === 'ack' || ending === 'retry' || ending === 'dead' ? ending : 'other'] += value;
    byType.set(type, totals);
  }
  return [...byType.values()];
}

async function requestVitals(): Promise<Vitals['requests']> {
  const totals = { answered: 0, refused: 0, failed: 0 };
  for (const { labels, value, metricName } of (await rpcSeconds.get()).values) {
    if (!metricName?.endsWith('_count')) continue;
    const { outcome } = labels;
    totals[outcome === 'answered' || outcome === 'refused' ? outcome : 'failed'] += value;
  }
  const all = await durationsOf(rpcSeconds);
  return { ...totals, durations: [...(all.get('') ?? [])] };
}

/** Observations by bucket; prom-client counts those of all lower buckets too. @param by a label; absent: all together */
async function durationsOf(histogram: Histogram<string>, by?: string): Promise<Map<string, number[]>> {
  const cumulative = new Map<string, Map<unknown, number>>();
  for (const { labels, value, metricName } of (await histogram.get()).values) {
    if (!metricName?.endsWith('_bucket')) continue;
    const key = by === undefined ? '' : String((labels as Record<string, unknown>)[by]);
    const buckets = cumulative.get(key) ?? new Map<unknown, number>();
    buckets.set(labels.le, (buckets.get(labels.le) ?? 0) + value);
    cumulative.set(key, buckets);
  }
  return new Map(
    [...cumulative].map(([key, buckets]) => [
      key,
      [...buckets.values()].map((count, index, all) => count - (all[index - 1] ?? 0)),
    ]),
  );
}
