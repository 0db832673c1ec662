import { EXCHANGES } from '@sluice/contracts';
import type { ConfirmChannel, GetMessage } from 'amqplib';

/**
 * Header with the user that sent the message first, as in libs/messaging/src/sender-verification.ts. Empty: the
 * message named none.
 */
const SENT_BY = 'sent-by';
/** Headers added by the broker on dead-lettering and redelivery. */
const BROKER_HEADERS = /^(x-(death|first-death-|last-death-|delivery-count|acquired-count)|CC$)/;

/** Identity with which an administrator republishes messages of other users. */
export interface Operator {
  readonly exchange: string;
  /** The administrator's user; the broker accepts no other name on this connection. */
  readonly user: string;
  headersFor(message: {
    readonly properties: {
      readonly userId?: unknown;
      readonly headers?: Readonly<Record<string, unknown>> | undefined;
    };
  }): Record<string, string>;
}

/**
 * Identity for publishing to a queue of `service` over `shop.operator`. The original sender is preserved: its header
 * is trusted when the service itself, or this administrator, published the message before.
 * @param url of the administrator
 */
export function operator(url: string, service: string): Operator {
  const user = decodeURIComponent(new URL(url).username) || 'guest';
  return {
    exchange: EXCHANGES.operator,
    user,
    headersFor({ properties: { userId, headers } }) {
      const first: unknown = headers?.[SENT_BY];
      const again = userId === user || userId === service || String(userId).endsWith(`.${service}`);
      return { [SENT_BY]: again && typeof first === 'string' ? first : typeof userId === 'string' ? userId : '' };
    },
  };
}

/** The service that owns the queue. */
const serviceOf = (queue: string): string => queue.split('.', 1)[0]!;

export interface Destination {
  queue: string;
  /** Address of the connection, with the administrator's user. */
  url: string;
  /** Default: `shop.operator`, to which the queue must be bound. */
  exchange?: string;
}

/** Republishes an unchanged message directly to a queue. `done` receives the broker's refusal, if any. */
export function republish(
  channel: ConfirmChannel,
  message: GetMessage,
  { queue, url, exchange = EXCHANGES.operator }: Destination,
  done: (error: Error | null) => void,
): void {
  const { user, headersFor } = operator(url, serviceOf(queue));
  const { content, properties } = message;
  const kept = Object.entries(properties.headers ?? {}).filter(([name]) => !BROKER_HEADERS.test(name));
  const headers = { ...Object.fromEntries(kept), ...headersFor(message) };
  channel.publish(exchange, queue, content, { ...properties, headers, userId: user, mandatory: true }, done);
}
