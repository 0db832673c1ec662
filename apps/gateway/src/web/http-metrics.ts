import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Gauge, Histogram } from 'prom-client';

const labelNames = ['method', 'route'] as const;
const requests = new Counter({
  name: 'sluice_http_requests_total',
  help: 'HTTP requests, by the pattern of their route. 499: the client went before its answer.',
  labelNames: [...labelNames, 'status'],
});
// A door that answers from memory takes a millisecond, a broker's confirm ten, an order some tens, a caller waits 3 s at most.
const seconds = new Histogram({
  name: 'sluice_http_request_seconds',
  help: 'From a request to the end of its answer; not of streams, which last.',
  labelNames,
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
});
const streams = new Gauge({ name: 'sluice_http_streams', help: 'Streams of server-sent events that are open.' });

/** Every request that no route knows, whatever it asks for: a scanner does not make metrics. */
const UNKNOWN = 'unknown';
/** nginx's word for a client that closed its connection without waiting. */
const GONE = 499;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts and times every request from now on. */
export function measureRequests(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const began = performance.now();
    reply.raw.once('close', () => note(request, reply, performance.now() - began));
    done();
  });
}

/** A stream was opened, which lasts until `closed`. */
export function countStream(closed: Promise<void>): void {
  streams.inc();
  void closed.then(() => streams.dec());
}

/** The pattern of the route that answers, never what was asked for. */
export const routeOf = (request: FastifyRequest): string =>
  request.is404 ? UNKNOWN : (request.routeOptions.url ?? UNKNOWN);

/** What the client was told; 499 when it did not wait for it. */
export const statusOf = ({ raw }: FastifyReply): number => (raw.headersSent ? raw.statusCode : GONE);

/** To find the metric of its labels costs more than to count in it: each is found once. */
const known = new Map<string, { count: Counter.Internal; time: Histogram.Internal<string> }>();

function note(request: FastifyRequest, reply: FastifyReply, tookMs: number): void {
  const method = METHODS.has(request.method) ? request.method : 'other';
  const [route, status] = [routeOf(request), statusOf(reply)];
  const key = `${method} ${route} ${status}`;
  let one = known.get(key);
  if (!one)
    known.set(
      key,
      (one = { count: requests.labels({ method, route, status }), time: seconds.labels({ method, route }) }),
    );
  one.count.inc();
  if (reply.getHeader('content-type') !== 'text/event-stream') one.time.observe(tookMs / 1_000);
}
