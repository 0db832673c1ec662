import type { FastifyInstance } from 'fastify';

/**
 * Many clients name a type for a body that they do not send (`curl -d ''`, or a default header). There is nothing of that
 * type then (RFC 9112, section 6.3), so it is neither 415 nor broken JSON, but a request without a body.
 */
export function takeEmptyBodies(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async ({ raw: { headers } }) => {
    const isEmpty = headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0';
    if (isEmpty) delete headers['content-type'];
  });
}
