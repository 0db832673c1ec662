import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { explainRefusals, refuseBrokenRequest } from './broken-request.js';
import { correlate, CORRELATION_HEADER, correlationIdOf } from './correlation.js';
import { allowOrigins } from './cors.js';
import { endConnectionsWhenDraining, type Draining } from './draining.js';
import { takeEmptyBodies } from './empty-body.js';
import { measureRequests } from './http-metrics.js';
import { traceRequests } from './http-span.js';
import { takeJsonBodies } from './json-body.js';
import { answerOversizedBodies } from './oversized-body.js';
import { problemOf, sendProblem } from './problem.filter.js';
import { limitRates, type RateLimits } from './rate-limits.js';
import { rememberRoutes } from './routes.js';
import { keepPrivate, sendSecurityHeaders } from './security-headers.js';
import { limitConnections, limitIdleClients, refuseManyHeaders, SERVER_LIMITS } from './server-limits.js';
import type { Trust } from './trust-proxy.js';

/** The adapter of a Nest application; create that with `bodyParser: false`, because `prepareServer` has its own. */
export const serverAdapter = (trustProxy: Trust | undefined): FastifyAdapter =>
  new FastifyAdapter({
    ...SERVER_LIMITS,
    trustProxy: trustProxy ?? false,
    // During shutdown, requests on open connections are still handled; then the connection closes.
    return503OnClosing: false,
    genReqId: correlationIdOf,
    // Called before any hook, for a URL that cannot be decoded.
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      void sendProblem(reply.header(CORRELATION_HEADER, request.id), problemOf(error)),
    clientErrorHandler: refuseBrokenRequest,
  });

export interface ServerRules {
  /** Instrumentation scope of the spans, such as `@sluice/gateway`. */
  scope: string;
  /** Prefix of the routes that are pages for a browser: these may load their own scripts and styles. */
  pages: string;
  /** Origins whose pages may call the API from a browser, besides the server's own. */
  origins: readonly string[];
  /** Limit of open streams, each on a connection of its own. */
  streams: number;
  rates: RateLimits;
  draining: Draining;
}

/** Sets up what applies to every request. To be called before any route is registered. */
export async function prepareServer(
  fastify: FastifyInstance,
  { scope, pages, origins, streams, rates, draining }: ServerRules,
): Promise<void> {
  takeJsonBodies(fastify);
  measureRequests(fastify);
  traceRequests(fastify, scope);
  correlate(fastify);
  sendSecurityHeaders(fastify, pages);
  keepPrivate(fastify);
  await allowOrigins(fastify, origins);
  refuseManyHeaders(fastify);
  explainRefusals(fastify);
  limitConnections(fastify, streams);
  limitIdleClients(fastify);
  await limitRates(fastify, rates);
  answerOversizedBodies(fastify);
  takeEmptyBodies(fastify);
  endConnectionsWhenDraining(fastify, draining);
  rememberRoutes(fastify);
}
