import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

export const CORRELATION_HEADER = 'x-correlation-id';
/** Characters that are safe in a log and in a message header without escaping. */
const ACCEPTABLE = /^[\x21-\x7e]{1,128}$/;

const current = new AsyncLocalStorage<string>();

/** Correlation id of the current HTTP request, shared by everything that it causes. */
export const correlationId = (): string | undefined => current.getStore();

/** The caller's own correlation id if it is usable, else a new one. */
export function correlationIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers[CORRELATION_HEADER];
  return typeof given === 'string' && ACCEPTABLE.test(given) ? given : randomUUID();
}

/** Adds the correlation id to every response, and makes it available to everything done for the request. */
export function correlate(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header(CORRELATION_HEADER, request.id);
    current.run(request.id, done);
  });
}
