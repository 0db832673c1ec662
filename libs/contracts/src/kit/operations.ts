import { z } from 'zod';
import { command, query } from './message.js';
import { Instant } from './values.js';

/** State of one queue of a service, as reported by its owner. */
export const QueueState = z.object({
  queue: z.string(),
  /**
   * Messages ready in the queue, without unacknowledged ones. Absent, as is `consumers`, when the broker does not
   * report it to a service.
   */
  messages: z.int().optional(),
  consumers: z.int().optional(),
  /**
   * The replying replica has paused its consumer: a dependency of its handlers fails, or the broker blocks the
   * connection.
   */
  paused: z.boolean().optional(),
  /** Messages that the replying replica holds until the dependency on which they failed works again. */
  held: z.int().optional(),
});
export type QueueState = z.infer<typeof QueueState>;

/** Health of a dependency (the database, the broker, a provider), as the replying replica has observed it. */
export const DependencyHealth = z.object({
  name: z.string(),
  state: z.enum(['healthy', 'sick']),
  /** Only when sick: since when, by the clock of that replica, and the latest failure. */
  since: Instant.optional(),
  because: z.string().optional(),
});
export type DependencyHealth = z.infer<typeof DependencyHealth>;

/** A failed attempt to handle a message. */
export const FailedTry = z.object({ at: Instant, reason: z.string() });

/**
 * Reason why a message was dead-lettered, without its data: the data may be personal, and the reader of this summary
 * need not be allowed to see it.
 */
export const DeadLetterSummary = z.object({
  id: z.string().optional(),
  type: z.string().optional(),
  correlationId: z.string().optional(),
  reason: z.string(),
  failedAt: Instant.optional(),
  /** Failed attempts since it was last sent back to its queue. */
  attempts: z.int(),
  /** How often it was sent back to its queue. */
  redriven: z.int(),
  /** The failed attempts, oldest first; when there are very many, the first and the last ones. */
  history: z.array(FailedTry),
  originalExchange: z.string().optional(),
  originalRoutingKey: z.string().optional(),
});
export type DeadLetterSummary = z.infer<typeof DeadLetterSummary>;

/** The dead letters of one queue: their number, and the first of them. */
export const DeadLetters = z.object({ queue: z.string(), count: z.int(), letters: z.array(DeadLetterSummary) });
export type DeadLetters = z.infer<typeof DeadLetters>;

/** Most dead letters that one call moves: the caller waits meanwhile, and about 1,500 are moved per second. */
export const MOST_REDRIVEN = 1_000;
export const Redriving = z.strictObject({ limit: z.int().min(1).max(MOST_REDRIVEN).default(MOST_REDRIVEN) });
export const Redriven = z.object({
  moved: z.int(),
  /** Dead letters remaining afterwards: not moved, or moved and failed again already. */
  left: z.int(),
});

/** Most dead letters that one call discards: those that somebody has seen, by their ids. */
const MAX_DISCARDED = 100;
export const Discarding = z.strictObject({ ids: z.array(z.string().min(1).max(200)).min(1).max(MAX_DISCARDED) });
export const Discarded = z.object({
  discarded: z.int(),
  /** Dead letters remaining in the queue. */
  left: z.int(),
});

/**
 * Most dead letters shown. To see all of them with their data, the broker's administrator runs `npm run
 * dead-letters`.
 */
const MAX_SHOWN = 100;
export const Showing = z.strictObject({ limit: z.coerce.number().int().min(1).max(MAX_SHOWN).default(20) });

/**
 * Which page of what a service owns is announced again: what has changed after `since` or is not finished, of the rows
 * that come after `after`. `first`: what others must know before they hear the rest.
 */
export const Reannouncing = z.strictObject({
  since: Instant,
  after: z.string().max(200).optional(),
  refund: z.boolean().default(false),
  first: z.boolean().default(false),
});
/** What was announced again: rows by their name, and lines for the operator. Without `next` it was the last page. */
export const Reannounced = z.object({
  what: z.string().optional(),
  rows: z.int(),
  findings: z.array(z.string()),
  next: z.string().optional(),
});
export type Reannounced = z.infer<typeof Reannounced>;

/**
 * Operations contracts that every service answers about its own queues. They are transient: a caller without a reply
 * repeats the request.
 */
export const operationsAt = (service: string) => ({
  LookAtQueues: query(
    `${service}.queues`,
    z.strictObject({}),
    z.object({ queues: z.array(QueueState), dependencies: z.array(DependencyHealth).optional() }),
    {
      about: `How long each queue of ${service} is, how many consumers it has, and how what ${service} depends on does.`,
    },
  ),
  ReadDeadLetters: query(`${service}.dead-letters`, Showing, z.object({ queues: z.array(DeadLetters) }), {
    about: `The first dead letters of each queue of ${service}: why, and after which tries. They stay where they are.`,
  }),
  RedriveDeadLetters: command(`${service}.redrive`, Redriving.extend({ queue: z.string() }), {
    transient: true,
    mayRest: true,
    reply: Redriven,
    about:
      `Sends dead letters of one queue of ${service} home to it, to be handled like any message. ` +
      `Twice is safe: each keeps its id. Problems: 404 not a queue of ${service} with dead letters.`,
  }),
  DiscardDeadLetters: command(`${service}.discard`, Discarding.extend({ queue: z.string() }), {
    transient: true,
    mayRest: true,
    reply: Discarded,
    about:
      `Removes the dead letters with these ids from one queue of ${service}, for good: its log keeps the reasons. ` +
      `Twice is safe. Problems: 404 not a queue of ${service} with dead letters.`,
  }),
  Reannounce: command(`${service}.reannounce`, Reannouncing, {
    transient: true,
    mayRest: true,
    reply: Reannounced,
    about:
      `Publishes again what ${service} owns and others may have missed, after databases were restored beside an empty ` +
      'broker; one page at a time. Twice is safe: listeners know what they have handled by its natural key. `refund`: ' +
      'money that was taken for nothing goes back.',
  }),
});
export type Operations = ReturnType<typeof operationsAt>;
