import type { Type } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { openApiDocument } from './document.js';

/** The document at `/openapi.json` and a page to read and try it at `/docs`. */
export async function serveDocs(fastify: FastifyInstance, controllers: readonly Type[]): Promise<void> {
  const document = openApiDocument(controllers);
  const { default: swagger } = await import('@fastify/swagger');
  const { default: swaggerUi } = await import('@fastify/swagger-ui');
  await fastify.register(swagger, { mode: 'static', specification: { document: document as never } });
  await fastify.register(swaggerUi, { routePrefix: '/docs' });
  fastify.get('/openapi.json', () => document);
}
