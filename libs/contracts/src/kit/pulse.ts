import { z } from 'zod';
import { event } from './message.js';
import { DependencyHealth } from './operations.js';

/** A counter since the start of the process. Readers make rates of the differences between two pulses. */
const Total = z.int().min(0);

/**
 * Upper bounds of the buckets in which durations are counted, in seconds: from a confirm by an idle broker (1 ms) to
 * the timeout of publishing and draining (10 s). Slower ones are counted in one more bucket.
 */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** Durations counted by bucket, one number for each of `DURATION_BUCKETS` and one for what took longer. */
const Durations = z.array(Total);

/** Facts, requests, deliveries and replies that a process has published, a batch as as many facts as it contains. */
export const PublishedTotals = z.object({ type: z.string(), confirmed: Total, failed: Total });

/** Deliveries that a process has settled, by how they ended. Each fact of a batch is a delivery. */
export const HandledTotals = z.object({
  type: z.string(),
  ack: Total,
  retry: Total,
  dead: Total,
  /** Held for a dependency, parked, or given back to the queue. */
  other: Total,
});

/** A queue of the service, as this process sees it. */
export const QueueVitals = z.object({
  queue: z.string(),
  /** AMQP messages ready, and consumers of all processes. Absent when the broker does not report them to a service. */
  ready: z.int().optional(),
  consumers: z.int().optional(),
  /** Only of a queue that this process consumes. */
  consuming: z
    .object({
      /** The exchange from which the queue takes its messages. */
      exchange: z.string(),
      /** AMQP messages that the broker has delivered to this process, that it has acknowledged, and that it holds now. */
      delivered: Total,
      acknowledged: Total,
      unacknowledged: Total,
      /** Facts and requests that are being handled, and those that wait for a dependency. */
      inFlight: Total,
      held: Total,
      paused: z.boolean(),
      handled: z.array(HandledTotals),
      /** From the delivery to its ending. */
      durations: Durations,
    })
    .optional(),
});
export type QueueVitals = z.infer<typeof QueueVitals>;

/** What a process has done since it started, and how it is now. */
export const Vitals = z.object({
  published: z.array(PublishedTotals),
  /** AMQP messages that the broker has confirmed, by exchange; the default exchange has no name. */
  sent: z.array(z.object({ exchange: z.string(), messages: Total })),
  queues: z.array(QueueVitals),
  /** Requests to other services, by their outcome, and how long they took. */
  requests: z.object({ answered: Total, refused: Total, failed: Total, durations: Durations }),
  dependencies: z.array(DependencyHealth),
  /** Commits of units of work, the messages that they handled, and the time they took. Only with a database. */
  commits: z.object({ count: Total, messages: Total, ms: Total }).optional(),
  /** AMQP messages that are committed and not confirmed. Absent while the database does not respond. */
  outbox: z.object({ rows: z.int(), oldestSeconds: z.number() }).optional(),
  /** Rows that violate an invariant; without a number it could not be checked. */
  invariants: z.array(z.object({ name: z.string(), violations: z.int().optional() })).optional(),
  process: z.object({ cpuMs: Total, memoryBytes: Total }),
});
export type Vitals = z.infer<typeof Vitals>;

/**
 * How one process is. Every service publishes it once a second, also one that does nothing: a process that falls silent
 * has stopped, or is frozen, or has lost the broker.
 */
export const ServicePulse = event(
  'service.pulse',
  z.object({
    service: z.string(),
    /** Another one after each start: totals begin again at zero. */
    instance: z.uuid(),
    version: z.string(),
    uptimeSeconds: z.number().min(0),
    /** Absent when nothing has changed since the last pulse of this process that had them. */
    vitals: Vitals.optional(),
  }),
  {
    transient: true,
    optional: true,
    shared: true,
    about:
      'Says once a second how one process is. It is not kept, and nobody need hear it. Its numbers are totals since ' +
      'the start of the process.',
  },
);
