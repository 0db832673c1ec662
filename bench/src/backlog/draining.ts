import { setTimeout as pause } from 'node:timers/promises';
import type { Backlogged, Place, Service } from './place.js';

/** One look at a service that drains its queue, at its database and its broker. */
export interface Sample {
  /** Milliseconds. */
  at: number;
  /** Messages handled and acknowledged so far. */
  handled: number;
  /** Processor time of the process so far. Seconds. */
  cpu: number;
  /** Pages of 8 kB that its database has looked at so far. */
  pages: number;
  /** Bytes, like those below. */
  rss: number;
  heap: number;
  outbox: number;
  /** Of the whole broker. */
  broker: number;
}

/** Some tens of looks in each tenth of a large backlog; each costs the service some ms. */
const POLL_MS = 250;
/** Far less than a service manages on a machine that has nothing else to do. Messages per second. */
const SLOWEST = 50;
const STARTS_WITHIN_MS = 60_000;

/** Looks at a service until it has handled `count` messages of a queue and sent all that came of them. @throws Error it takes far too long */
export async function watchDraining(
  place: Place,
  name: Backlogged,
  { metricsUrl }: Service,
  { queue, count }: { queue: string; count: number },
): Promise<Sample[]> {
  const end = performance.now() + STARTS_WITHIN_MS + (count / SLOWEST) * 1_000;
  const samples: Sample[] = [];
  for (let isDone = false; !isDone; await pause(POLL_MS)) {
    const [text, pages, broker] = await Promise.all([
      fetch(metricsUrl).then((response) => response.text()),
      place.pages(name),
      place.brokerMemory(),
    ]);
    const sample = { ...read(text, queue), at: performance.now(), pages, broker };
    samples.push(sample);
    if (sample.at > end)
      throw new Error(
        `${queue}: ${sample.handled} of ${count} messages are handled, and ${sample.outbox} wait in the outbox`,
      );
    isDone = sample.handled >= count && sample.outbox === 0;
  }
  return samples;
}

function read(metrics: string, queue: string): Omit<Sample, 'at' | 'pages' | 'broker'> {
  const lines = metrics.split('\n');
  /** Of all series of a metric that have these labels. */
  const sumOf = (name: string, labels: string[] = []): number => {
    const series = lines.filter(
      (line) =>
        (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) && labels.every((label) => line.includes(label)),
    );
    return series.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  };
  return {
    handled: sumOf('sluice_messages_handled_total', [`queue="${queue}"`, 'ending="ack"']),
    cpu: sumOf('process_cpu_seconds_total'),
    rss: sumOf('process_resident_memory_bytes'),
    heap: sumOf('nodejs_heap_size_used_bytes'),
    outbox: sumOf('sluice_outbox_rows'),
  };
}

const LEVELS = ['rss', 'heap', 'outbox', 'broker'] as const;

/** What was seen while one tenth of the backlog was drained; of memory and outbox the most. */
export interface Tenth extends Pick<Sample, (typeof LEVELS)[number]> {
  /** Messages per second. */
  rate: number;
  /** Microseconds of the service's processor time for a message. */
  cpu: number;
  /** Pages that its database looked at for a message. */
  pages: number;
}

export function tenthsOf(samples: readonly Sample[], count: number): Tenth[] {
  const busy = samples.slice(samples.findLastIndex(({ handled }) => handled === samples[0]!.handled));
  return Array.from({ length: 10 }, (_, index) => {
    const [from, to] = [Math.max(busy[0]!.handled, (count / 10) * index), (count / 10) * (index + 1)];
    const each = (field: 'at' | 'cpu' | 'pages'): number =>
      (valueAt(busy, to, field) - valueAt(busy, from, field)) / (to - from);
    const within = busy.filter(({ handled }, at) => handled >= from && (at === 0 || busy[at - 1]!.handled < to));
    const most = Object.fromEntries(
      LEVELS.map((field) => [field, Math.max(...within.map((sample) => sample[field]))]),
    ) as Pick<Tenth, (typeof LEVELS)[number]>;
    return { rate: 1_000 / each('at'), cpu: each('cpu') * 1_000_000, pages: each('pages'), ...most };
  });
}

/** What it was when so many messages were handled, on the line between the two looks around that moment. */
function valueAt(samples: readonly Sample[], handled: number, field: 'at' | 'cpu' | 'pages'): number {
  const after = samples.findIndex((sample) => sample.handled >= handled);
  const [one, other] = [samples[Math.max(0, after - 1)]!, samples[after]!];
  const part = other.handled === one.handled ? 1 : (handled - one.handled) / (other.handled - one.handled);
  return one[field] + (other[field] - one[field]) * part;
}
