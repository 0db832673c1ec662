import type { Type } from '@nestjs/common';
import { asyncApiDocument } from '@sluice/messaging';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { openApiDocument } from './document.js';

/**
 * Serves the documents `/openapi.json` (HTTP) and `/asyncapi.json` (messages), and a page to read and try the former at
 * `/docs`.
 */
export async function serveDocs(fastify: FastifyInstance, controllers: readonly Type[]): Promise<void> {
  const document = openApiDocument(controllers);
  const { default: swagger } = await import('@fastify/swagger');
  const { default: swaggerUi } = await import('@fastify/swagger-ui');
  await fastify.register(swagger, { mode: 'static', specification: { document: document as never } });
  await fastify.register(swaggerUi, { routePrefix: '/docs' });
  const text = JSON.stringify(document);
  fastify.get('/openapi.json', (_, reply) => sendDocument(reply, text));
  serveMessages(fastify);
}

/** Generates the document at its first request and keeps the text: it changes with a release only. */
function serveMessages(fastify: FastifyInstance): void {
  let text: Promise<string> | undefined;
  fastify.get('/asyncapi.json', async (_, reply) => {
    text ??= asyncApiDocument().then((document) => JSON.stringify(document));
    return sendDocument(reply, await text);
  });
}

const sendDocument = (reply: FastifyReply, text: string): FastifyReply =>
  reply.type('application/json').header('cache-control', 'public, max-age=300').send(text);
