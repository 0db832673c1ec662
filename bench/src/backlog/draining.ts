import { setTimeout as pause } from 'node:timers/promises';
import type { Backlogged, Place, Service } from './place.js';

/** A measurement of a service that drains its queue, of its database and its broker. */
export interface Sample {
  /** Time of the measurement. Milliseconds. */
  at: number;
  /** Messages handled and acknowledged so far. */
  handled: number;
  /** Processor time of the process so far. Seconds. */
  cpu: number;
  /** Pages of 8 kB that its database has read so far, from memory or disk. */
  pages: number;
  /** Memory of the process. Bytes; so is `heap`. */
  rss: number;
  heap: number;
  /** Rows in the outbox. */
  outbox: number;
  /** Memory of the whole broker. Bytes. */
  broker: number;
}

/** Interval of the measurements: dozens in each tenth of a large backlog; each costs the service a few ms. */
const POLL_MS = 250;
/** Far below the rate of a service on an idle machine; for the timeout. Messages per second. */
const SLOWEST = 50;
const STARTS_WITHIN_MS = 60_000;

/** Measures a service until it has handled `count` messages and its outbox is empty. @throws Error after the timeout */
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
  /** Sums all series of a metric that have these labels. */
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

/** Results for one tenth of the backlog; memory and outbox are maximum values. */
export interface Tenth extends Pick<Sample, (typeof LEVELS)[number]> {
  /** Messages per second. */
  rate: number;
  /** Processor time of the service per message. Microseconds. */
  cpu: number;
  /** Pages that its database read per message. */
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

/** Returns a field's value at a number of handled messages, interpolated between the two nearest samples. */
function valueAt(samples: readonly Sample[], handled: number, field: 'at' | 'cpu' | 'pages'): number {
  const after = samples.findIndex((sample) => sample.handled >= handled);
  const [one, other] = [samples[Math.max(0, after - 1)]!, samples[after]!];
  const part = other.handled === one.handled ? 1 : (handled - one.handled) / (other.handled - one.handled);
  return one[field] + (other[field] - one[field]) * part;
}
