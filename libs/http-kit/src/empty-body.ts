import type { FastifyInstance } from 'fastify';

/**
 * Removes the content type of an empty body: many clients send one without a body (`curl -d ''`, or a default header).
 * The request then has no body (RFC 9112, section 6.3), so it is neither 415 nor malformed JSON.
 */
export function takeEmptyBodies(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ raw: { headers } }, _reply, done) => {
    const isEmpty = headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0';
    if (isEmpty) delete headers['content-type'];
    done();
  });
}
