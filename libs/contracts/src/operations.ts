import { z } from 'zod';
import { command, query } from './message.js';
import { Instant } from './values.js';

/** One of a service's queues, as its owner sees it. */
export const QueueState = z.object({
  queue: z.string(),
  /** Waiting, without those that a consumer holds. Some brokers tell neither of the two to a service. */
  messages: z.int().optional(),
  consumers: z.int().optional(),
  /** The replica that answers takes nothing from it for now: what its messages need fails, or the broker is blocked. */
  paused: z.boolean().optional(),
  /** Messages that wait in the replica that answers until what they failed on works again. */
  held: z.int().optional(),
});
export type QueueState = z.infer<typeof QueueState>;

/** How something that a service needs does, as the replica that answers has seen it: the database, the broker, a provider. */
export const DependencyHealth = z.object({
  name: z.string(),
  state: z.enum(['healthy', 'sick']),
  /** Of a sick one: since when, by the clock of that replica, and the latest failure. */
  since: Instant.optional(),
  because: z.string().optional(),
});
export type DependencyHealth = z.infer<typeof DependencyHealth>;

/** One try that failed. */
export const FailedTry = z.object({ at: Instant, reason: z.string() });

/** Why a message was given up, without what it says: that may be a person's, and its reader need not be its owner. */
export const DeadLetterSummary = z.object({
  id: z.string().optional(),
  type: z.string().optional(),
  correlationId: z.string().optional(),
  reason: z.string(),
  failedAt: Instant.optional(),
  /** How often it has failed since it was last sent home. */
  attempts: z.int(),
  /** How often it was sent home again. */
  redriven: z.int(),
  /** Every try that failed, oldest first; of very many the first and the last ones. */
  history: z.array(FailedTry),
  originalExchange: z.string().optional(),
  originalRoutingKey: z.string().optional(),
});
export type DeadLetterSummary = z.infer<typeof DeadLetterSummary>;

/** The dead letters of one queue: how many, and the first of them. */
export const DeadLetters = z.object({ queue: z.string(), count: z.int(), letters: z.array(DeadLetterSummary) });
export type DeadLetters = z.infer<typeof DeadLetters>;

/** How many letters one call moves at most: they are moved while the caller waits, some 1,500 a second. */
export const MOST_REDRIVEN = 1_000;
export const Redriving = z.strictObject({ limit: z.int().min(1).max(MOST_REDRIVEN).default(MOST_REDRIVEN) });
export const Redriven = z.object({
  moved: z.int(),
  /** What is there afterwards: not taken, or failed again already. */
  left: z.int(),
});

/** Only the first are shown; whoever wants them all, whole, has the broker's administrator and `npm run dead-letters`. */
const MAX_SHOWN = 100;
export const Showing = z.strictObject({ limit: z.coerce.number().int().min(1).max(MAX_SHOWN).default(20) });

/** What every service answers about its own queues. None of it is kept: who asked and got no answer asks again. */
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
    about: `Sends dead letters of one queue of ${service} home to it, to be handled like any message. Twice is safe: each keeps its id. Problems: 404 not a queue of ${service} with dead letters.`,
  }),
});
export type Operations = ReturnType<typeof operationsAt>;
