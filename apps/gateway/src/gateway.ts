import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { correlationId, Draining, prepareServer, serverAdapter } from '@sluice/http-kit';
import { MessageClient } from '@sluice/messaging';
import {
  brokerOf,
  globalModule,
  prepare,
  serveHealth,
  type Parent,
  type ServiceLogger,
  type Stop,
} from '@sluice/service-kit';
import { GatewayConfig } from './config.js';
import { CLAIM_CLIENT } from './flash-sale/claim-queue.js';
import { CONTROLLERS, GatewayModule } from './gateway.module.js';
import { SUPERVISOR, SupervisorChannel } from './machine/supervisor-channel.js';
import { serveDocs } from './openapi/docs.js';
import { demoUsers } from './page/demo-users.js';
import { servePage } from './page/page.js';
import { rateLimits } from './web/rate-limits.js';
import { Tokens } from './web/tokens.js';

export interface Gateway {
  app: NestFastifyApplication;
  config: GatewayConfig;
  logger: ServiceLogger;
  stop: Stop;
}

/**
 * Creates the gateway, ready to listen. It starts without a broker, and returns 503 until there is one.
 * @param parent the process that has started this one, for the switches of the control room
 */
export async function createGateway(environment: NodeJS.ProcessEnv, parent?: Parent): Promise<Gateway> {
  const { config, logger, stopTracing } = await prepare(
    { name: 'gateway', config: GatewayConfig, context: aboutRequest },
    environment,
  );
  const broker = brokerOf(config);
  const client = new MessageClient({ ...broker, source: 'gateway' });
  const claimClient = new MessageClient({ ...broker, source: 'gateway', nacksAreAnswers: true });
  const supervisor = parent && SupervisorChannel.to(parent, config.NODE_ENV);
  const app = await createApp(config, { client, claimClient, supervisor }, logger);
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
  supervisor: SupervisorChannel | undefined;
}

async function createApp(
  config: GatewayConfig,
  { client, claimClient, supervisor }: Clients,
  logger: ServiceLogger,
): Promise<NestFastifyApplication> {
  const root = {
    module: GatewayModule,
    imports: [
      globalModule(config, client, [
        { provide: CLAIM_CLIENT, useValue: claimClient },
        { provide: SUPERVISOR, useValue: supervisor },
      ]),
    ],
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, serverAdapter(config.TRUST_PROXY), {
    logger,
    abortOnError: false,
    bodyParser: false,
  });
  const fastify = app.getHttpAdapter().getInstance();
  await prepareServer(fastify, {
    scope: '@sluice/gateway',
    pages: '/docs',
    origins: config.CORS_ORIGINS,
    streams: config.STREAM_LIMIT,
    rates: rateLimits(config, app.get(Tokens)),
    draining: app.get(Draining),
  });
  await serveDocs(fastify, CONTROLLERS);
  if (!(await servePage(fastify, demoUsers(config))))
    logger.warn('there is no page: npm run build makes it (apps/web)');
  return app.init();
}

function aboutRequest(): Record<string, unknown> {
  const id = correlationId();
  return id === undefined ? {} : { correlationId: id };
}
