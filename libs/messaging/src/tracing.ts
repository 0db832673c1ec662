import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { eventsOf, factsIn, isBatchType } from './batch-format.js';
import type { About, Delivery } from './codec.js';
import type { Outbound } from './confirm-channel.js';
import { ProblemError } from './errors.js';
import type { Ending, Outcome } from './settlement.js';

/**
 * The header `traceparent` (W3C Trace Context) of a message names its cause. Each publisher creates a span as a child
 * of that header and replaces the header with the new span's id; each handler does the same for its own span. So the
 * trace survives an outbox row, a retry tier and a wait of days, where no process context could be carried.
 *
 * Without an SDK no span is created and the wire format is unchanged: a received header is passed on to the messages
 * caused by it.
 */

/** Looked up on each use, since an SDK may be installed or removed. */
const tracer = (): Tracer => trace.getTracer('@sluice/messaging');

/** Without an SDK the API's propagator has no fields. */
const isOn = (): boolean => propagation.fields().length > 0;

/** An invalid header starts a new trace, like a missing one. */
const causedBy = (traceparent: unknown): Context =>
  typeof traceparent === 'string' ? propagation.extract(ROOT_CONTEXT, { traceparent }) : ROOT_CONTEXT;

function traceparentOf(cause: Context): string | undefined {
  const carrier: { traceparent?: string } = {};
  propagation.inject(cause, carrier);
  return carrier.traceparent;
}

/** The active span (of a request or a handler) as a header value. */
export const activeTraceparent = (): string | undefined => traceparentOf(context.active());

type Headed = { readonly properties: { readonly headers?: Readonly<Record<string, unknown>> | undefined } };

/** The same message with this span as its cause. */
function under<M extends Headed>(message: M, span: Span): M {
  const { properties } = message;
  return {
    ...message,
    properties: {
      ...properties,
      headers: { ...properties.headers, traceparent: traceparentOf(trace.setSpan(ROOT_CONTEXT, span)) },
    },
  };
}

const causeOf = ({ properties }: Headed): Context => causedBy(properties.headers?.['traceparent']);

function attributesOf({ properties }: Pick<Delivery, 'properties'>, destination: string): Attributes {
  return {
    ...(isBatchType(properties.contentType) && { 'messaging.batch.message_count': factsIn({ properties }) }),
    'messaging.system': 'rabbitmq',
    'messaging.destination.name': destination,
    'messaging.message.id': String(properties.messageId),
    'sluice.correlation_id': String(properties.headers?.['correlation-id'] ?? ''),
    'sluice.attempts': Number(properties.headers?.['attempts'] ?? 0),
  };
}

/** Links to the causes of the facts in a batch. Each fact keeps its own cause in the body. */
function linksOf({ properties, body }: Outbound): Link[] {
  const events = isBatchType(properties.contentType) ? (eventsOf(body) ?? []) : [];
  const causes = events.map((event) =>
    trace.getSpanContext(causedBy((event as { traceparent?: unknown } | null)?.traceparent)),
  );
  return causes.flatMap((cause) => (cause ? [{ context: cause }] : []));
}

/**
 * Span `<type> publish`, `<type> retry 1000` or `<type> dead`, until the confirm. Replies have no span: the span of
 * the request covers them.
 */
export function inProducerSpan(
  message: Outbound,
  operation: string,
  send: (message: Outbound) => Promise<void>,
): Promise<void> {
  if (!isOn() || message.properties.messageId === undefined) return send(message);
  const options = {
    kind: SpanKind.PRODUCER,
    attributes: attributesOf(message, message.exchange || message.routingKey),
    links: linksOf(message),
  };
  const span = tracer().startSpan(`${message.properties.type} ${operation}`, options, causeOf(message));
  return ending(span, send(under(message, span)));
}

/**
 * Span `<type> process`, from the delivery to its ending. It is active in the handler and the cause of the messages
 * it sends.
 */
export function inConsumerSpan<D extends Delivery, T>(
  delivery: D,
  queue: string,
  handle: (delivery: D) => Promise<T>,
): Promise<T> {
  if (!isOn()) return handle(delivery);
  const options = { kind: SpanKind.CONSUMER, attributes: attributesOf(delivery, queue) };
  const span = tracer().startSpan(`${String(delivery.properties.type)} process`, options, causeOf(delivery));
  return ending(
    span,
    context.with(trace.setSpan(ROOT_CONTEXT, span), () => handle(under(delivery, span))),
  );
}

/** Span `<type> request`: the publish, the wait and the reply. */
export function inClientSpan<T>(type: string, about: About, send: (about: About) => Promise<T>): Promise<T> {
  if (!isOn()) return send(about);
  const attributes = { 'messaging.system': 'rabbitmq', 'sluice.correlation_id': about.correlationId };
  const span = tracer().startSpan(
    `${type} request`,
    { kind: SpanKind.CLIENT, attributes },
    causedBy(about.traceparent),
  );
  const traceparent = traceparentOf(trace.setSpan(ROOT_CONTEXT, span));
  return ending(span, send({ ...about, ...(traceparent !== undefined && { traceparent }) }));
}

/** Records the ending on the handler's span. A business "no" sent to the caller is not an error. */
export function noteEnding(outcome: Outcome, { do: end }: Ending): void {
  const span = trace.getActiveSpan();
  if (!span) return;
  span.setAttribute('sluice.ending', end);
  if ('threw' in outcome && (end !== 'ack' || isFault(outcome.threw))) fail(span, outcome.threw);
}

const isFault = (error: unknown): boolean => !(error instanceof ProblemError && error.problem.status < 500);

function fail(span: Span, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  span.recordException(error instanceof Error ? error : message);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

async function ending<T>(span: Span, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isFault(error)) fail(span, error);
    throw error;
  } finally {
    span.end();
  }
}
