import type { Data, ServicePulse, Vitals } from '@sluice/contracts';

export type Pulse = Data<typeof ServicePulse>;

/** Counters and levels of one process at one moment, by name; see `countersOf`. */
export interface Sample {
  /** By the monotonic clock of this process. Milliseconds. */
  at: number;
  counters: ReadonlyMap<string, number>;
}

/** What is known of one process. */
export interface Heard {
  service: string;
  instance: string;
  version: string;
  uptimeSeconds: number;
  /** When it was first and last heard. Milliseconds. */
  since: number;
  at: number;
  /** Undefined until it has said more than that it is there. */
  vitals: Vitals | undefined;
  /** Of the last `WINDOW_MS`, oldest first. */
  samples: readonly Sample[];
}

/** Every process, by its instance. */
export type Processes = ReadonlyMap<string, Heard>;

/** Rates are those of the last five seconds: long enough to be even, and short enough to follow. Milliseconds. */
export const WINDOW_MS = 5_000;
/** Two pulses are missing. With a snapshot a second a silent process is shown as gone within 3 s. Milliseconds. */
export const SILENT_AFTER_MS = 2_000;
/** How long a process that is gone is shown beside another one of its service. Milliseconds. */
const FORGOTTEN_AFTER_MS = 30_000;

/** Adds a pulse. A process that starts again is a new one, so that its counters begin anew and no rate is negative. */
export function hear(processes: Processes, { vitals, ...pulse }: Pulse, at: number): Processes {
  const before = processes.get(pulse.instance);
  const known = vitals ?? before?.vitals;
  const counters = vitals ? countersOf(vitals) : before?.samples.at(-1)?.counters;
  const samples = [...(before?.samples ?? []), ...(counters ? [{ at, counters }] : [])];
  const heard = { ...pulse, since: before?.since ?? at, at, vitals: known, samples: recent(samples, at) };
  return new Map(processes).set(pulse.instance, heard);
}

/** One sample may be older than the window, so that the others reach over all of it. */
const recent = (samples: readonly Sample[], now: number): Sample[] =>
  samples.filter((_, index) => (samples[index + 1]?.at ?? now) > now - WINDOW_MS);

export const isSilent = ({ at }: Heard, now: number): boolean => now - at > SILENT_AFTER_MS;

/**
 * Without processes that have been gone for long. The one that was heard last stays, so that a service without a process
 * is seen as gone.
 */
export const withoutReplaced = (processes: Processes, now: number): Processes =>
  new Map([...processes].filter(([, one]) => now - one.at < FORGOTTEN_AFTER_MS || !isHeardAfter(processes, one)));

const isHeardAfter = (processes: Processes, { service, at }: Heard): boolean =>
  [...processes.values()].some((other) => other.service === service && other.at > at);

/**
 * Counters of a process by name. Queues also have levels (`ready`, `unacknowledged`): what has arrived in a queue is
 * what was acknowledged and what its levels have grown by.
 */
export function countersOf({ published, sent, queues, commits, requests, process }: Vitals): Map<string, number> {
  const counters = new Map<string, number>();
  const set = (name: readonly string[], value: number): unknown => counters.set(keyOf(...name), value);
  for (const { type, confirmed } of published) set(['published', type], confirmed);
  for (const { exchange, messages } of sent) set(['sent', exchange], messages);
  for (const { queue, ready, consuming } of queues) {
    if (ready !== undefined) set(['ready', queue], ready);
    if (consuming) for (const [name, value] of queueCounters(consuming)) set([name, queue], value);
  }
  if (commits) for (const [name, value] of Object.entries(commits)) set(['commits', name], value);
  set(['requests'], requests.answered + requests.refused + requests.failed);
  requests.durations.forEach((count, bucket) => set(['request durations', String(bucket)], count));
  set(['cpu'], process.cpuMs);
  return counters;
}

type Consuming = NonNullable<Vitals['queues'][number]['consuming']>;

function queueCounters({ acknowledged, delivered, unacknowledged, handled, durations }: Consuming): [string, number][] {
  const sumOf = (ending: 'ack' | 'retry' | 'dead'): number => handled.reduce((sum, one) => sum + one[ending], 0);
  return [
    ...Object.entries({ acknowledged, delivered, unacknowledged }),
    ['retries', sumOf('retry')],
    ['dead', sumOf('dead')],
    ['handled', sumOf('ack')],
    ...durations.map((count, bucket): [string, number] => [`duration ${bucket}`, count]),
  ];
}

export const keyOf = (...parts: readonly string[]): string => parts.join('\t');
