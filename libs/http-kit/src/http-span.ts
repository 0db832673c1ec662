import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { routeOf, statusOf } from './http-metrics.js';

/** Without an SDK the API's propagator has no fields; then tracing costs nothing here. */
const isOn = (): boolean => propagation.fields().length > 0;

/**
 * Makes every request a span, a child of the caller's if its headers name one (W3C Trace Context), and the parent of
 * everything done for the request. Names and attributes follow OpenTelemetry's semantic conventions for HTTP servers;
 * without the path, because it may contain secrets.
 * @param scope the instrumentation scope of the spans
 */
export function traceRequests(fastify: FastifyInstance, scope: string): void {
  const tracer = trace.getTracer(scope);
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!isOn()) return done();
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const route = routeOf(request);
    const attributes = { 'http.request.method': request.method, 'http.route': route, 'url.scheme': request.protocol };
    const span = tracer.startSpan(`${request.method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent);
    reply.raw.once('close', () => end(span, reply));
    context.with(trace.setSpan(parent, span), done);
  });
}

/** Statuses up to 499 are the caller's concern; from 500 on the span is an error. */
function end(span: Span, reply: FastifyReply): void {
  const status = statusOf(reply);
  span.setAttribute('http.response.status_code', status);
  if (status >= 500) span.setAttribute('error.type', String(status)).setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
