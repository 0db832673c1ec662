import type { Delivery } from '../codec.js';
import { appendTry, historyOf, type FailedTry } from '../history.js';

/** A message that was given up, and what is known about why. */
export interface DeadLetter {
  /** Where it was to be handled. */
  queue: string;
  /** What is no message at all may have none. */
  id: string | undefined;
  type: string | undefined;
  correlationId: string | undefined;
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

/** Where the dead letters of a queue are. */
export const deadQueueOf = (queue: string): string => `${queue}.dead`;

/** The queue whose dead letters are there; undefined for any other queue. */
export const ownQueueOf = (queue: string): string | undefined =>
  queue.endsWith('.dead') ? queue.slice(0, -'.dead'.length) : undefined;

/** Reads what the consumer wrote on it, or else the broker, which writes less. */
export function letterOf(queue: string, { properties }: Delivery): DeadLetter {
  const headers = properties.headers ?? {};
  const text = (name: string): string | undefined => textOf(headers[name]);
  const broker = text('reason') === undefined ? byTheBroker(headers['x-death']) : undefined;
  const reason = text('reason') ?? broker?.reason ?? 'unknown: nobody wrote it down';
  const failedAt = text('failed-at') ?? broker?.at;
  const history = historyOf(headers);
  return {
    queue,
    id: textOf(properties.messageId),
    type: textOf(properties.type),
    correlationId: text('correlation-id'),
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

/** Empty is absent: AMQP clients send empty texts for what they have not. */
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const countOf = (value: unknown): number => (typeof value === 'number' && value > 0 ? Math.floor(value) : 0);

/** The words of https://www.rabbitmq.com/docs/dlx#effects, for people. */
const BROKER_REASONS: Readonly<Record<string, string>> = {
  delivery_limit: 'delivery_limit: its consumer ended again and again while it held this message',
  rejected: 'rejected: its consumer refused it without a reason',
  expired: 'expired: nobody took it in time',
  maxlen: 'maxlen: its queue was full',
};

/** What the broker itself gave up has its own account of that, newest first. */
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

/** A timestamp of AMQP, as amqplib gives it: whole seconds. */
function instantOf(time: unknown): string | undefined {
  const seconds = (time as { value?: unknown } | undefined)?.value;
  return typeof seconds === 'number' ? new Date(seconds * 1_000).toISOString() : undefined;
}

/** Which of a queue's letters. Absent means any. */
export interface LetterFilter {
  id?: string | undefined;
  type?: string | undefined;
  /** A part of it. */
  reason?: string | undefined;
}

export const matchesFilter = (letter: DeadLetter, { id, type, reason }: LetterFilter): boolean =>
  (id === undefined || letter.id === id) &&
  (type === undefined || letter.type === type) &&
  (reason === undefined || letter.reason.includes(reason));
