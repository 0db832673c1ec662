import { DURATION_BUCKETS, EXCHANGES, type QueueVitals, type Vitals } from '@sluice/contracts';
import type { Pulse } from '../history.js';

export type Consuming = NonNullable<QueueVitals['consuming']>;

const NO_DURATIONS = Array.from({ length: DURATION_BUCKETS.length + 1 }, () => 0);

/** Vitals of a process that has done nothing but what is given. */
export const vitals = (done: Partial<Vitals> = {}): Vitals => ({
  published: [],
  sent: [],
  queues: [],
  requests: { answered: 0, refused: 0, failed: 0, durations: NO_DURATIONS },
  dependencies: [],
  process: { cpuMs: 0, memoryBytes: 0 },
  ...done,
});

/** A queue with a consumer that has done nothing but what is given. */
export const queue = (
  name: string,
  { ready = 0, consumers = 1, ...consuming }: Partial<Consuming> & { ready?: number; consumers?: number } = {},
): QueueVitals => ({
  queue: name,
  ready,
  consumers,
  consuming: {
    exchange: EXCHANGES.events,
    ...{ delivered: 0, acknowledged: 0, unacknowledged: 0, inFlight: 0, held: 0, paused: false },
    handled: [],
    durations: NO_DURATIONS,
    ...consuming,
  },
});

export const pulse = (instance: string, said?: Vitals, service = 'orders'): Pulse => ({
  ...{ service, instance, version: '1', uptimeSeconds: 1 },
  ...(said && { vitals: said }),
});
