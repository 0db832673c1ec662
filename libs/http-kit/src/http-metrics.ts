import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Gauge, Histogram } from 'prom-client';

const labelNames = ['method', 'route'] as const;
const requests = new Counter({
  name: 'sluice_http_requests_total',
  help: 'HTTP requests, by the pattern of their route. 499: the client went before its answer.',
  labelNames: [...labelNames, 'status'],
});
// Seconds. A response from memory takes 1 ms, a broker's confirm 10 ms, a reply of a service some tens of ms; a caller waits at
// most 3 s.
const seconds = new Histogram({
  name: 'sluice_http_request_seconds',
  help: 'From a request to the end of its answer; not of streams, which last.',
  labelNames,
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
});
const streams = new Gauge({ name: 'sluice_http_streams', help: 'Streams of server-sent events that are open.' });

/** Label of every request without a route, whatever its path, so that a scanner does not create metrics. */
const UNKNOWN = 'unknown';
/** nginx's status for a client that closed its connection before the response. */
const GONE = 499;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts and times every request. */
export function measureRequests(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const began = performance.now();
    reply.raw.once('close', () => record(request, reply, performance.now() - began));
    done();
  });
}

/** Counts a stream as open until `closed` resolves. */
export function countStream(closed: Promise<void>): void {
  streams.inc();
  void closed.then(() => streams.dec());
}

/** The pattern of the matched route, never the requested path. */
export const routeOf = (request: FastifyRequest): string =>
  request.is404 ? UNKNOWN : (request.routeOptions.url ?? UNKNOWN);

/** Status sent to the client; 499 when it disconnected before. */
export const statusOf = ({ raw }: FastifyReply): number => (raw.headersSent ? raw.statusCode : GONE);

/** Cache of labelled metrics: resolving labels costs more than counting. */
const labelled = new Map<string, { count: Counter.Internal; time: Histogram.Internal<string> }>();

function record(request: FastifyRequest, reply: FastifyReply, tookMs: number): void {
  const method = METHODS.has(request.method) ? request.method : 'other';
  const [route, status] = [routeOf(request), statusOf(reply)];
  const key = `${method} ${route} ${status}`;
  let metrics = labelled.get(key);
  if (!metrics)
    labelled.set(
      key,
      (metrics = { count: requests.labels({ method, route, status }), time: seconds.labels({ method, route }) }),
    );
  metrics.count.inc();
  if (reply.getHeader('content-type') !== 'text/event-stream') metrics.time.observe(tookMs / 1_000);
}
