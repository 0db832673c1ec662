import { Envelope, markedKeys, system, type Contract, type Message, type Outgoing } from '@sluice/contracts/kit';
import { z } from 'zod';
import { arrivalOf } from './arrival.js';
import { isBatchType } from './batch-format.js';
import { channelOf } from './channel-of.js';
import { MalformedError, PermanentError } from './errors.js';

/** AMQP properties under the names that amqplib uses, with JSON-safe values. */
export interface WireProperties {
  readonly messageId: string;
  readonly type: string;
  /** Seconds since the epoch, as AMQP defines it; the header `time` has milliseconds. */
  readonly timestamp: number;
  readonly contentType: string;
  readonly appId: string;
  readonly persistent: boolean;
  /** Milliseconds, as text. */
  readonly expiration?: string;
  /** Address and id for the reply; the id of the causing request is the header `correlation-id`. */
  readonly replyTo?: string;
  readonly correlationId?: string;
  /**
   * `CC`: further routing keys, one for each mark of a fact; exchange, routing key and `CC` are its route
   * (https://www.rabbitmq.com/docs/sender-selected). A queue gets one copy, however many of the keys it is bound to.
   */
  readonly headers: Readonly<Record<string, string | number | readonly string[]>>;
}

/** A message as it is sent to the broker. JSON-safe, because an outbox row stores it. */
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
  /** Only for requests: time of acceptance from outside, RFC 3339 (`decisionTime`). */
  acceptedAt?: string;
  causationId?: string;
  traceparent?: string;
  /** The service that publishes the message. */
  source: string;
  /** Where to send the reply; absent when no caller waits. */
  reply?: { to: string; id: string };
  /** Remaining time of the caller when the message is published. Milliseconds; 0 or less: expired. */
  timeoutMs?: number;
}

/**
 * Remaining time of the caller (ms, counted from the publish), like `grpc-timeout` in gRPC. A deadline as an instant
 * would use the sender's clock, and a receiver whose clock is ahead would treat every request as late.
 */
export const TIMEOUT = 'timeout-ms';

/** Time at which a request was accepted from outside, RFC 3339. Retries and dead letters keep it. */
const ACCEPTED_AT = 'accepted-at';

/**
 * Kinds that a queue must take; the broker returns such a message when no queue does. It also returns a fact on
 * demand, which tells its publisher that nobody listens (`isOnDemand`).
 */
export const MANDATORY = { event: false, command: true, query: true, delivery: false } as const;

/**
 * Longest delay of a timer, 30 days. Each delay has its own queue on the broker, so delays are whole seconds and
 * bounded.
 */
const MAX_DELAY_MS = 30 * 24 * 3_600_000;

/**
 * Half of RabbitMQ's limit (`max_message_size`). A larger message closes its channel with everything in flight on it,
 * and an outbox would send it again forever. The largest message here, a page of orders, has about 4 MB. Characters.
 */
const MAX_BODY = 8 * 1024 * 1024;

/**
 * @throws PermanentError when the data does not fit the contract or the size limit, so that a fault shows at the
 * sender, not at every subscriber.
 */
export function encode({ contract, data, delayMs }: Outgoing, about: About): WireMessage {
  const checked = contract.schema.safeParse(data);
  if (!checked.success)
    throw new PermanentError(`${contract.type} does not fit its contract: ${z.prettifyError(checked.error)}`);
  const body = JSON.stringify(checked.data) ?? '';
  if (body.length > MAX_BODY)
    throw new PermanentError(`${contract.type} is too large for a message: ${body.length} of ${MAX_BODY} characters`);
  const further = markedKeys(contract, checked.data);
  return { properties: propertiesOf(contract, about, further), body, ...routeOf(contract, delayMs) };
}

/** Whether the message is a fact that is published only while somebody listens: no other fact is mandatory. */
export const isOnDemand = ({ exchange, mandatory }: Pick<WireMessage, 'exchange' | 'mandatory'>): boolean =>
  mandatory && exchange === system().exchanges.events;

/** A timer is published directly to its delay queue; when its time is up, the broker dead-letters it to its owner. */
function routeOf(
  { kind, type, waitsIn, onDemand }: Contract,
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
    return {
      exchange: system().exchanges.of(kind),
      mandatory: MANDATORY[kind] || onDemand,
      routingKey: kind === 'delivery' ? '' : type,
    };
  return { exchange: '', routingKey: `${waitsIn}.${delayMs}`, mandatory: true };
}

function propertiesOf(contract: Contract, about: About, furtherKeys: readonly string[]): WireProperties {
  return {
    messageId: about.id,
    type: contract.type,
    timestamp: Math.floor(Date.parse(about.time) / 1000),
    contentType: 'application/json',
    appId: about.source,
    persistent: !contract.transient,
    ...(contract.transient && about.timeoutMs !== undefined && { expiration: String(whole(about.timeoutMs)) }),
    ...(about.reply && { replyTo: about.reply.to, correlationId: about.reply.id }),
    headers: { ...headersOf(contract, about), ...(furtherKeys.length > 0 && { CC: furtherKeys }) },
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

/** A delivery from the broker, such as a `ConsumeMessage` of amqplib. */
export interface Delivery {
  readonly content: Buffer;
  readonly fields: { readonly redelivered: boolean; readonly exchange: string; readonly routingKey: string };
  readonly properties: {
    readonly messageId?: unknown;
    readonly type?: unknown;
    readonly contentType?: unknown;
    readonly appId?: unknown;
    readonly replyTo?: unknown;
    readonly correlationId?: unknown;
    /** The user that published the message; the broker refuses a publish with any other name. */
    readonly userId?: unknown;
    readonly headers?: Readonly<Record<string, unknown>> | undefined;
  };
  /** A fact that was taken out of a batch (`factsOf`): its data. `content` is then that of the batch. */
  readonly fact?: { readonly data: unknown };
}

/**
 * Decodes the envelope. The data is checked later, by `validateData`.
 * @throws MalformedError when the envelope is invalid or the body is not JSON
 */
export function decode(delivery: Delivery): Message {
  const { properties, content, fields, fact } = delivery;
  if (isBatchType(properties.contentType))
    throw new MalformedError('the body is not a batch of events: a JSON array that is not empty');
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
    data: fact ? fact.data : parseJson(content),
    ...envelope.data,
    ...(fields.redelivered && { redelivered: true }),
    ...(request && { reply: request.reply }),
    ...(request?.deadline !== undefined && { deadline: request.deadline }),
  };
}

/** For a header that is only passed on: an invalid value is dropped, and the message is handled. */
const textOrNothing = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/**
 * Reply address and deadline of the caller of this delivery, if any; also readable when the message is malformed. The
 * deadline is by the clock of this process: arrival plus the remaining time at the publish. Time in the queue is not
 * counted; there the broker drops expired queries.
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

/**
 * The message with validated data.
 * @throws MalformedError when the data does not fit the contract
 */
export function validateData<C extends Contract>(contract: C, message: Message): Message<C> {
  const data = contract.schema.safeParse(message.data);
  if (!data.success)
    throw new MalformedError(`${message.type} does not fit its contract: ${z.prettifyError(data.error)}`);
  return { ...message, data: data.data as Message<C>['data'] };
}
