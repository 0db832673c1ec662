import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** Limits for discarding a refused body before the connection is closed: bytes, and milliseconds. */
const AT_MOST_BYTES = 32 * 1024 * 1024;
const AT_MOST_MS = 5_000;

/**
 * A client that is still sending when the connection closes loses the response: its own system discards it on the
 * reset. So an oversized body is read to its end and discarded, within limits, before the 413 (RFC 9112, section 9.6).
 */
export function answerOversizedBodies(fastify: FastifyInstance): void {
  fastify.addHook('onSend', async (request, reply) => {
    if (reply.statusCode === 413) await discard(request.raw);
  });
}

function discard(body: IncomingMessage): Promise<void> {
  if (body.readableEnded || body.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let read = 0;
    const timer = setTimeout(resolve, AT_MOST_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    body.on('data', (chunk: Buffer) => (read += chunk.length) > AT_MOST_BYTES && done());
    body.once('end', done).once('close', done).resume();
  });
}
