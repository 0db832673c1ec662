import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { v7 } from 'uuid';

export const CORRELATION_HEADER = 'x-correlation-id';
/** What may stand in a log and in a message header as it is. */
const ACCEPTABLE = /^[\x21-\x7e]{1,128}$/;

const current = new AsyncLocalStorage<string>();

/** The id that everything caused by the present HTTP request shares. */
export const correlationId = (): string | undefined => current.getStore();

/** The caller's own correlation id when it gave a usable one, else a new one. */
export function correlationIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers[CORRELATION_HEADER];
  return typeof given === 'string' && ACCEPTABLE.test(given) ? given : v7();
}

/** Every answer names its correlation id, and everything done for the request knows it. */
export function correlate(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header(CORRELATION_HEADER, request.id);
    current.run(request.id, done);
  });
}
