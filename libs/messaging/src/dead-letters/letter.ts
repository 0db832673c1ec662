import { factsIn } from '../batch-format.js';
import type { Delivery } from '../codec.js';
import { appendTry, historyOf, type FailedTry } from '../history.js';

/** A dead letter with the recorded reason. */
export interface DeadLetter {
  /** The queue whose consumer failed on it. */
  queue: string;
  /** Undefined for a message without an envelope. */
  id: string | undefined;
  type: string | undefined;
  correlationId: string | undefined;
  /** How many facts it brings; more than 1 for a batch that the broker itself has dead-lettered. */
  facts: number;
  reason: string;
  stack: string | undefined;
  /** RFC 3339. */
  failedAt: string | undefined;
  attempts: number;
  redriven: number;
  history: FailedTry[];
  originalExchange: string | undefined;
  originalRoutingKey: string | undefined;
}

/** Name of the dead-letter queue of a queue. */
export const deadQueueOf = (queue: string): string => `${queue}.dead`;

/** Name of the queue that a dead-letter queue belongs to; undefined for any other queue. */
export const ownQueueOf = (queue: string): string | undefined =>
  queue.endsWith('.dead') ? queue.slice(0, -'.dead'.length) : undefined;

/** Reads the headers written by the consumer, or else those of the broker, which contain less. */
export function letterOf(queue: string, { properties }: Delivery): DeadLetter {
  const headers = properties.headers ?? {};
  const text = (name: string): string | undefined => textOf(headers[name]);
  const broker = text('reason') === undefined ? byTheBroker(headers['x-death']) : undefined;
  const reason = text('reason') ?? broker?.reason ?? 'unknown: no reason was recorded';
  const failedAt = text('failed-at') ?? broker?.at;
  const history = historyOf(headers);
  return {
    queue,
    id: textOf(properties.messageId),
    type: textOf(properties.type),
    correlationId: text('correlation-id'),
    facts: factsIn({ properties }),
    reason,
    stack: text('stack'),
    failedAt,
    attempts: countOf(headers['attempts']),
    redriven: countOf(headers['redriven']),
    history: broker?.at === undefined ? history : appendTry(history, { at: broker.at, reason }),
    originalExchange: text('original-exchange') ?? broker?.exchange,
    originalRoutingKey: text('original-routing-key') ?? broker?.routingKey,
  };
}

/** An empty text is absent: AMQP clients send empty texts for missing values. */
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const countOf = (value: unknown): number => (typeof value === 'number' && value > 0 ? Math.floor(value) : 0);

/** Reasons of https://www.rabbitmq.com/docs/dlx#effects, explained. */
const BROKER_REASONS: Readonly<Record<string, string>> = {
  delivery_limit: 'delivery_limit: delivered too often without an acknowledgement, as when it crashes its consumer',
  rejected: 'rejected: its consumer rejected it without a reason',
  expired: 'expired: not consumed within its time to live',
  maxlen: 'maxlen: its queue was full',
};

/** Reads `x-death`, the broker's own record of a dead letter, newest first. */
function byTheBroker(
  deaths: unknown,
):
  { reason: string; at: string | undefined; exchange: string | undefined; routingKey: string | undefined } | undefined {
  const [death] = (Array.isArray(deaths) ? deaths : []) as Record<string, unknown>[];
  if (!death) return undefined;
  const reason = String(death['reason']);
  const keys = death['routing-keys'];
  return {
    reason: BROKER_REASONS[reason] ?? reason,
    at: instantOf(death['time']),
    exchange: textOf(death['exchange']),
    routingKey: Array.isArray(keys) ? textOf(keys[0]) : undefined,
  };
}

/** An AMQP timestamp as amqplib returns it: whole seconds. */
function instantOf(time: unknown): string | undefined {
  const seconds = (time as { value?: unknown } | undefined)?.value;
  return typeof seconds === 'number' ? new Date(seconds * 1_000).toISOString() : undefined;
}

/** Selects letters of a queue; an absent field matches all. */
export interface LetterFilter {
  id?: string | undefined;
  /** One of these. */
  ids?: readonly string[] | undefined;
  type?: string | undefined;
  /** Substring of the reason. */
  reason?: string | undefined;
}

export const matchesFilter = (letter: DeadLetter, { id, ids, type, reason }: LetterFilter): boolean =>
  (id === undefined || letter.id === id) &&
  (ids === undefined || (letter.id !== undefined && ids.includes(letter.id))) &&
  (type === undefined || letter.type === type) &&
  (reason === undefined || letter.reason.includes(reason));
