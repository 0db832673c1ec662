import type { ConfirmChannel, GetMessage } from 'amqplib';
import { OPERATOR } from './layout.js';

/** The same header as in libs/messaging/src/sender-verification.ts: the user that sent the message first. Empty: none is named. */
const SENT_BY = 'sent-by';
/** Written by the broker on the way. */
const BROKER_HEADERS = /^x-(death|first-death-|last-death-|delivery-count|acquired-count)/;

/** How an administrator publishes a message again that is another's. */
export interface Operator {
  readonly exchange: string;
  /** The administrator's own: the broker takes no other name from this connection. */
  readonly user: string;
  headersFor(message: {
    readonly properties: {
      readonly userId?: unknown;
      readonly headers?: Readonly<Record<string, unknown>> | undefined;
    };
  }): Record<string, string>;
}

/**
 * Into a queue of `service`, over `shop.operator`. Who sent the message first stays as it was: what a header says of
 * that counts where the service itself published the message again, or this administrator did.
 * @param url of the administrator
 */
export function operator(url: string, service: string): Operator {
  const user = decodeURIComponent(new URL(url).username) || 'guest';
  return {
    exchange: OPERATOR,
    user,
    headersFor({ properties: { userId, headers } }) {
      const first: unknown = headers?.[SENT_BY];
      const again = userId === user || userId === service || String(userId).endsWith(`.${service}`);
      return { [SENT_BY]: again && typeof first === 'string' ? first : typeof userId === 'string' ? userId : '' };
    },
  };
}

/** The service whose queue it is. */
const serviceOf = (queue: string): string => queue.split('.', 1)[0]!;

export interface Destination {
  queue: string;
  /** The administrator's, of the connection. */
  url: string;
  /** Default: `shop.operator`, to which the queue must be bound. */
  exchange?: string;
}

/** The message as it came, straight into a queue. `done` gets the broker's refusal, if it is one. */
export function republish(
  channel: ConfirmChannel,
  message: GetMessage,
  { queue, url, exchange = OPERATOR }: Destination,
  done: (error: Error | null) => void,
): void {
  const { user, headersFor } = operator(url, serviceOf(queue));
  const { content, properties } = message;
  const kept = Object.entries(properties.headers ?? {}).filter(([name]) => !BROKER_HEADERS.test(name));
  const headers = { ...Object.fromEntries(kept), ...headersFor(message) };
  channel.publish(exchange, queue, content, { ...properties, headers, userId: user, mandatory: true }, done);
}
