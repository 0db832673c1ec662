import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { About, Delivery } from './codec.js';
import type { Outbound } from './confirm-channel.js';
import { ProblemError } from './errors.js';
import type { Ending, Outcome } from './settlement.js';

/*
 * One rule: the header `traceparent` (W3C Trace Context) of a message names its cause. Whoever publishes makes a span that is
 * the child of what the header says, and puts that span's own id in its place; whoever handles does the same for its handler.
 * So the trace also survives an outbox row, a retry tier and a wait of days, where no context of a process could go along.
 *
 * Without an SDK nothing is made and nothing on the wire changes: what came with a message travels on with what it causes.
 */

/** Asked for each time, since an SDK may come and go. */
const tracer = (): Tracer => trace.getTracer('@sluice/messaging');

/** Without an SDK the API's propagator knows no header. */
const isOn = (): boolean => propagation.fields().length > 0;

/** A text that names no span is as good as none: then a new trace begins. */
const causedBy = (traceparent: unknown): Context =>
  typeof traceparent === 'string' ? propagation.extract(ROOT_CONTEXT, { traceparent }) : ROOT_CONTEXT;

function traceparentOf(cause: Context): string | undefined {
  const carrier: { traceparent?: string } = {};
  propagation.inject(cause, carrier);
  return carrier.traceparent;
}

/** The span that is active here (in a request, in a handler), as a header. */
export const activeTraceparent = (): string | undefined => traceparentOf(context.active());

type Headed = { readonly properties: { readonly headers?: Readonly<Record<string, unknown>> | undefined } };

/** The same message, caused by this span. */
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
    'messaging.system': 'rabbitmq',
    'messaging.destination.name': destination,
    'messaging.message.id': String(properties.messageId),
    'sluice.correlation_id': String(properties.headers?.['correlation-id'] ?? ''),
    'sluice.attempts': Number(properties.headers?.['attempts'] ?? 0),
  };
}

/** `<type> publish`, `<type> retry 1000`, `<type> dead`: until the broker has it. An answer has no span, its request's shows its time. */
export function inProducerSpan(
  message: Outbound,
  operation: string,
  send: (message: Outbound) => Promise<void>,
): Promise<void> {
  if (!isOn() || message.properties.messageId === undefined) return send(message);
  const options = {
    kind: SpanKind.PRODUCER,
    attributes: attributesOf(message, message.exchange || message.routingKey),
  };
  const span = tracer().startSpan(`${message.properties.type} ${operation}`, options, causeOf(message));
  return ending(span, send(under(message, span)));
}

/** `<type> process`: from the delivery to its ending, active in the handler; what the handler sends is caused by it. */
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

/** `<type> request`: the publish, the wait and the answer. */
export function inClientSpan<T>(type: string, about: About, ask: (about: About) => Promise<T>): Promise<T> {
  if (!isOn()) return ask(about);
  const attributes = { 'messaging.system': 'rabbitmq', 'sluice.correlation_id': about.correlationId };
  const span = tracer().startSpan(
    `${type} request`,
    { kind: SpanKind.CLIENT, attributes },
    causedBy(about.traceparent),
  );
  const traceparent = traceparentOf(trace.setSpan(ROOT_CONTEXT, span));
  return ending(span, ask({ ...about, ...(traceparent !== undefined && { traceparent }) }));
}

/** Tells the span of the handler how its delivery ended; a business "no" that its caller is told is no error. */
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
