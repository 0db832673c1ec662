import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { MessageClient } from '@sluice/messaging';
import { globalModule, prepare, serveHealth, type ServiceLogger, type Stop } from '@sluice/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GatewayConfig } from './config.js';
import { DOOR } from './flash-sale/door-client.js';
import { CONTROLLERS, GatewayModule } from './gateway.module.js';
import { serveDocs } from './openapi/docs.js';
import { refuseBrokenRequest } from './web/broken-request.js';
import { correlate, correlationId, correlationIdOf } from './web/correlation.js';
import { takeEmptyBodies } from './web/empty-body.js';
import { endConnectionsWhenClosing } from './web/leaving.js';
import { answerOversizedBodies } from './web/oversized-body.js';
import { problemOf, sendProblem } from './web/problem.filter.js';
import { rememberRoutes } from './web/routes.js';

/** An order of 100 lines takes 10 kB. Bytes. */
const BODY_LIMIT = 64 * 1024;
/** How long a client may take to send a whole request. Milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;

export interface Gateway {
  app: NestFastifyApplication;
  config: GatewayConfig;
  logger: ServiceLogger;
  stop: Stop;
}

/** The gateway, ready to listen. It boots without the broker, and says 503 until there is one. */
export async function createGateway(environment: NodeJS.ProcessEnv): Promise<Gateway> {
  const { config, logger } = await prepare({ name: 'gateway', config: GatewayConfig, context: aboutRequest }, environment);
  const client = new MessageClient({ url: config.AMQP_URL, source: 'gateway' });
  const door = new MessageClient({ url: config.AMQP_URL, source: 'gateway', door: true });
  const app = await createApp(config, { client, door }, logger);
  const closeHealth = await serveHealth(config, [{ missing: 'broker', ok: () => client.publisher.ready }]);
  const stop = async (): Promise<void> => {
    await app.close();
    await Promise.all([client.close(), door.close()]);
    await closeHealth();
  };
  return { app, config, logger, stop };
}

interface Clients {
  client: MessageClient;
  door: MessageClient;
}

async function createApp(config: GatewayConfig, { client, door }: Clients, logger: ServiceLogger): Promise<NestFastifyApplication> {
  const root = { module: GatewayModule, imports: [globalModule(config, client, [{ provide: DOOR, useValue: door }])] };
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter(), { logger, abortOnError: false, bodyParser: false });
  const fastify = app.getHttpAdapter().getInstance();
  // JSON only: Fastify would also take text.
  fastify.removeContentTypeParser('text/plain');
  correlate(fastify);
  answerOversizedBodies(fastify);
  takeEmptyBodies(fastify);
  endConnectionsWhenClosing(fastify);
  rememberRoutes(fastify);
  await serveDocs(fastify, CONTROLLERS);
  return app.init();
}

const adapter = (): FastifyAdapter =>
  new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // During shutdown what arrives on an open connection is still answered, and then the connection closes.
    return503OnClosing: false,
    genReqId: correlationIdOf,
    frameworkErrors: (error: unknown, _: FastifyRequest, reply: FastifyReply) => void sendProblem(reply, problemOf(error)),
    clientErrorHandler: refuseBrokenRequest,
  });

function aboutRequest(): Record<string, unknown> {
  const id = correlationId();
  return id === undefined ? {} : { correlationId: id };
}
