import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Closing waits for open connections, and two kinds would stay open although nothing is asked on them any more: one that
 * is kept for a next request, and one that a browser opened ahead. So once the server is closing every answer ends its
 * connection, and connections on which nothing has come yet are ended at once.
 */
export function endConnectionsWhenClosing(fastify: FastifyInstance): void {
  const open = new Set<Socket>();
  let closing = false;
  fastify.server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  fastify.addHook('preClose', (done) => {
    closing = true;
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    done();
  });
  fastify.addHook('onSend', async (_, reply) => {
    if (closing) void reply.header('connection', 'close');
  });
}
