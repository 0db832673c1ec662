import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { MessageClient } from '@sluice/messaging';
import { brokerOf, globalModule, prepare, serveHealth, type ServiceLogger, type Stop } from '@sluice/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GatewayConfig } from './config.js';
import { CLAIM_CLIENT } from './flash-sale/claim-queue.js';
import { CONTROLLERS, GatewayModule } from './gateway.module.js';
import { serveDocs } from './openapi/docs.js';
import { explainRefusals, refuseBrokenRequest } from './web/broken-request.js';
import { correlate, CORRELATION_HEADER, correlationId, correlationIdOf } from './web/correlation.js';
import { allowOrigins } from './web/cors.js';
import { takeEmptyBodies } from './web/empty-body.js';
import { measureRequests } from './web/http-metrics.js';
import { traceRequests } from './web/http-span.js';
import { takeJsonBodies } from './web/json-body.js';
import { endConnectionsWhenDraining, Draining } from './web/draining.js';
import { answerOversizedBodies } from './web/oversized-body.js';
import { problemOf, sendProblem } from './web/problem.filter.js';
import { limitRates } from './web/rate-limits.js';
import { rememberRoutes } from './web/routes.js';
import { keepPrivate, sendSecurityHeaders } from './web/security-headers.js';
import { limitConnections, refuseManyHeaders, SERVER_LIMITS } from './web/server-limits.js';
import { Tokens } from './web/tokens.js';

export interface Gateway {
  app: NestFastifyApplication;
  config: GatewayConfig;
  logger: ServiceLogger;
  stop: Stop;
}

/** Creates the gateway, ready to listen. It starts without a broker, and returns 503 until there is one. */
export async function createGateway(environment: NodeJS.ProcessEnv): Promise<Gateway> {
  const { config, logger, stopTracing } = await prepare(
    { name: 'gateway', config: GatewayConfig, context: aboutRequest },
    environment,
  );
  const broker = brokerOf(config);
  const client = new MessageClient({ ...broker, source: 'gateway' });
  const claimClient = new MessageClient({ ...broker, source: 'gateway', nacksAreAnswers: true });
  const app = await createApp(config, { client, claimClient }, logger);
  const draining = app.get(Draining);
  const closeHealth = await serveHealth(config, [
    { missing: 'broker', ok: () => client.publisher.ready },
    { missing: 'listener', ok: () => app.getHttpServer().listening && !draining.isDraining },
  ]);
  const stop = async (): Promise<void> => {
    await draining.begin();
    await app.close();
    await Promise.all([client.close(), claimClient.close()]);
    await closeHealth();
    await stopTracing();
  };
  return { app, config, logger, stop };
}

interface Clients {
  client: MessageClient;
  claimClient: MessageClient;
}

async function createApp(
  config: GatewayConfig,
  { client, claimClient }: Clients,
  logger: ServiceLogger,
): Promise<NestFastifyApplication> {
  const root = {
    module: GatewayModule,
    imports: [globalModule(config, client, [{ provide: CLAIM_CLIENT, useValue: claimClient }])],
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter(config), {
    logger,
    abortOnError: false,
    bodyParser: false,
  });
  const fastify = app.getHttpAdapter().getInstance();
  takeJsonBodies(fastify);
  measureRequests(fastify);
  traceRequests(fastify);
  correlate(fastify);
  await sendSecurityHeaders(fastify);
  keepPrivate(fastify);
  await allowOrigins(fastify, config.CORS_ORIGINS);
  refuseManyHeaders(fastify);
  explainRefusals(fastify);
  limitConnections(fastify, config.STREAM_LIMIT);
  await limitRates(fastify, config, app.get(Tokens));
  answerOversizedBodies(fastify);
  takeEmptyBodies(fastify);
  endConnectionsWhenDraining(fastify, app.get(Draining));
  rememberRoutes(fastify);
  await serveDocs(fastify, CONTROLLERS);
  return app.init();
}

const adapter = ({ TRUST_PROXY }: GatewayConfig): FastifyAdapter =>
  new FastifyAdapter({
    ...SERVER_LIMITS,
    trustProxy: TRUST_PROXY ?? false,
    // During shutdown, requests on open connections are still handled; then the connection closes.
    return503OnClosing: false,
    genReqId: correlationIdOf,
    // Called before any hook, for a URL that cannot be decoded.
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      void sendProblem(reply.header(CORRELATION_HEADER, request.id), problemOf(error)),
    clientErrorHandler: refuseBrokenRequest,
  });

function aboutRequest(): Record<string, unknown> {
  const id = correlationId();
  return id === undefined ? {} : { correlationId: id };
}
