import type { FastifyInstance } from 'fastify';

/**
 * Once the server is closing, every answer ends its connection: a client that keeps it open for its next request
 * would otherwise keep the process from ending.
 */
export function endConnectionsWhenClosing(fastify: FastifyInstance): void {
  let closing = false;
  fastify.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  fastify.addHook('onSend', async (_, reply) => {
    if (closing) void reply.header('connection', 'close');
  });
}
