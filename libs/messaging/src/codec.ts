import { Envelope, type Contract, type Message, type Outgoing } from '@sluice/contracts';
import { z } from 'zod';
import { arrivalOf } from './arrival.js';
import { channelOf } from './channel-of.js';
import { MalformedError, PermanentError } from './errors.js';

/** AMQP properties, as amqplib names them, in JSON-safe values. */
export interface WireProperties {
  readonly messageId: string;
  readonly type: string;
  /** Seconds since the epoch, as AMQP has it; the header `time` is exact. */
  readonly timestamp: number;
  readonly contentType: string;
  readonly appId: string;
  readonly persistent: boolean;
  /** Milliseconds, as text. */
  readonly expiration?: string;
  /** The RPC address; our own correlation id is a header. */
  readonly replyTo?: string;
  readonly correlationId?: string;
  readonly headers: Readonly<Record<string, string | number>>;
}

/** A message as it goes to the broker, JSON-safe: it is what an outbox row holds. */
export interface WireMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly mandatory: boolean;
  readonly properties: WireProperties;
  readonly body: string;
}

export interface About {
  id: string;
  /** RFC 3339. */
  time: string;
  correlationId: string;
  /** Of a request: when it was accepted from outside, RFC 3339 (`decisionTime`). */
  acceptedAt?: string;
  causationId?: string;
  traceparent?: string;
  /** The service that says it. */
  source: string;
  /** Where the answer goes, when somebody waits for one. */
  reply?: { to: string; id: string };
  /** How long the caller still waits, from the publishing on. Milliseconds; 0 and less: no longer. */
  timeoutMs?: number;
}

/**
 * What is left of the caller's time (milliseconds, from the publishing on), as gRPC has it in `grpc-timeout`: an instant
 * would be one of the sender's clock, and a receiver whose clock is ahead would take every request for late.
 */
export const TIMEOUT = 'timeout-ms';

/** When a request was accepted from outside, RFC 3339. Retries and dead letters keep it. */
const ACCEPTED_AT = 'accepted-at';

/** Where each kind of message goes; the routing key is its type. */
export const ROUTES = {
  event: { exchange: 'shop.events', mandatory: false },
  command: { exchange: 'shop.commands', mandatory: true },
  query: { exchange: 'shop.commands', mandatory: true },
  delivery: { exchange: 'shop.deliveries', mandatory: false },
} as const;

/** Each length of waiting is a queue on the broker, so they are whole seconds and bounded. */
const MAX_DELAY_MS = 30 * 24 * 3_600_000;

/**
 * Half of what RabbitMQ 4 takes (`max_message_size`): a larger one closes the channel, and with it everything that is on its way
 * there, and an outbox would send it again for ever. The largest of this system, a page of orders, has some 4 MB. Characters.
 */
const MAX_BODY = 8 * 1024 * 1024;

/** @throws PermanentError when the data does not fit the contract, or the broker: better here than at every listener. */
export function encode({ contract, data, delayMs }: Outgoing, about: About): WireMessage {
  const checked = contract.schema.safeParse(data);
  if (!checked.success)
    throw new PermanentError(`${contract.type} does not fit its contract: ${z.prettifyError(checked.error)}`);
  const body = JSON.stringify(checked.data) ?? '';
  if (body.length > MAX_BODY)
    throw new PermanentError(`${contract.type} is too large for a message: ${body.length} of ${MAX_BODY} characters`);
  return { ...routeOf(contract, delayMs), properties: propertiesOf(contract, about), body };
}

/** A timer goes straight into the queue where it waits; the broker delivers it to its owner when its time is up. */
function routeOf(
  { kind, type, waitsIn }: Contract,
  delayMs: number | undefined,
): Pick<WireMessage, 'exchange' | 'routingKey' | 'mandatory'> {
  if (
    delayMs !== undefined &&
    (waitsIn === undefined || delayMs <= 0 || delayMs % 1_000 !== 0 || delayMs > MAX_DELAY_MS)
  ) {
    throw new PermanentError(
      `${type} cannot wait for ${delayMs} ms: only timers wait, for whole seconds and at most 30 days`,
    );
  }
  if (waitsIn === undefined || delayMs === undefined)
    return { ...ROUTES[kind], routingKey: kind === 'delivery' ? '' : type };
  return { exchange: '', routingKey: `${waitsIn}.${delayMs}`, mandatory: true };
}

function propertiesOf(contract: Contract, about: About): WireProperties {
  return {
    messageId: about.id,
    type: contract.type,
    timestamp: Math.floor(Date.parse(about.time) / 1000),
    contentType: 'application/json',
    appId: about.source,
    persistent: !contract.transient,
    ...(contract.transient && about.timeoutMs !== undefined && { expiration: String(whole(about.timeoutMs)) }),
    ...(about.reply && { replyTo: about.reply.to, correlationId: about.reply.id }),
    headers: headersOf(contract, about),
  };
}

function headersOf(contract: Contract, about: About): Record<string, string | number> {
  return {
    version: contract.version,
    time: about.time,
    'correlation-id': about.correlationId,
    ...(about.acceptedAt !== undefined && { [ACCEPTED_AT]: about.acceptedAt }),
    ...(about.causationId !== undefined && { 'causation-id': about.causationId }),
    ...(about.traceparent !== undefined && { traceparent: about.traceparent }),
    ...(about.timeoutMs !== undefined && { [TIMEOUT]: whole(about.timeoutMs) }),
    ...(contract.kind === 'delivery' && { channel: channelOf(contract) }),
  };
}

const whole = (ms: number): number => Math.max(0, Math.floor(ms));

/** What the broker delivered; a `ConsumeMessage` of amqplib is one. */
export interface Delivery {
  readonly content: Buffer;
  readonly fields: { readonly redelivered: boolean; readonly exchange: string; readonly routingKey: string };
  readonly properties: {
    readonly messageId?: unknown;
    readonly type?: unknown;
    readonly replyTo?: unknown;
    readonly correlationId?: unknown;
    /** The broker's user that published it; the broker refuses any other name. */
    readonly userId?: unknown;
    readonly headers?: Readonly<Record<string, unknown>> | undefined;
  };
}

/** @throws MalformedError when the envelope is not one or the body is not JSON. The data is not checked yet: see `validateData`. */
export function decode(delivery: Delivery): Message {
  const { properties, content, fields } = delivery;
  const headers = properties.headers ?? {};
  const envelope = Envelope.safeParse({
    id: properties.messageId,
    type: properties.type,
    version: headers['version'],
    time: headers['time'],
    correlationId: headers['correlation-id'],
    acceptedAt: headers[ACCEPTED_AT],
    causationId: headers['causation-id'],
    traceparent: textOrNothing(headers['traceparent']),
  });
  if (!envelope.success) throw new MalformedError(`not a message envelope: ${z.prettifyError(envelope.error)}`);
  const request = rpcRequestOf(delivery);
  return {
    ...envelope.data,
    data: parseJson(content),
    ...(fields.redelivered && { redelivered: true }),
    ...(request && { reply: request.reply }),
    ...(request?.deadline !== undefined && { deadline: request.deadline }),
  };
}

/** For what is only passed on: a message is not refused for it. */
const textOrNothing = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/**
 * The caller who waits for an answer to this delivery, if there is one. Readable even where the message is not.
 * The deadline is an instant of this process's clock: what was left at the publishing, from the arrival here. How long the
 * message waited in a queue is not in it; there the broker drops a query that is over.
 */
export function rpcRequestOf(delivery: Delivery): { reply: { to: string; id: string }; deadline?: number } | undefined {
  const { replyTo: to, correlationId: id, headers } = delivery.properties;
  if (typeof to !== 'string' || typeof id !== 'string') return undefined;
  const left = headers?.[TIMEOUT];
  return { reply: { to, id }, ...(typeof left === 'number' && { deadline: arrivalOf(delivery) + left }) };
}

function parseJson(content: Buffer): unknown {
  try {
    return content.length === 0 ? undefined : JSON.parse(content.toString('utf8'));
  } catch (error) {
    throw new MalformedError(`the body is not JSON: ${(error as Error).message}`);
  }
}

/** The message with its data checked. @throws MalformedError when it does not fit the contract. */
export function validateData<C extends Contract>(contract: C, message: Message): Message<C> {
  const data = contract.schema.safeParse(message.data);
  if (!data.success)
    throw new MalformedError(`${message.type} does not fit its contract: ${z.prettifyError(data.error)}`);
  return { ...message, data: data.data as Message<C>['data'] };
}
