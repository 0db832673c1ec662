import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { CORRELATION_HEADER, correlationIdOf } from './correlation.js';
import { sendProblem } from './problem.filter.js';
import { SERVER_LIMITS } from './server-limits.js';

const STATUS_OF: Record<string, number> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };

const DETAILS: Record<number, string> = {
  400: 'The request is not well-formed HTTP.',
  408: 'The request was not sent in time.',
  417: 'The only expectation that is met is 100-continue.',
  431: `The address and the headers of a request have at most ${SERVER_LIMITS.http.maxHeaderSize / 1024} kB together.`,
};

const problemOf = (status: number) => ({
  type: 'about:blank',
  title: STATUS_CODES[status]!,
  status,
  detail: DETAILS[status],
});

/** Headers that hooks add to every other problem. */
const headersOf = (correlationId: string): Record<string, string> => ({
  'content-type': 'application/problem+json',
  'cache-control': 'no-store',
  [CORRELATION_HEADER]: correlationId,
  connection: 'close',
});

/** Responds with a problem to bytes that are no HTTP request, or arrive too slowly, and closes the connection. */
export function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = STATUS_OF[error.code ?? ''] ?? 400;
  const body = JSON.stringify(problemOf(status));
  const headers = Object.entries(headersOf(randomUUID())).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...headers, `content-length: ${body.length}`];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/**
 * Node would respond to these two with a status and an empty body (RFC 9112, section 3.2; RFC 9110, section 10.1.1).
 */
export function explainRefusals(fastify: FastifyInstance): void {
  fastify.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(417, headersOf(correlationIdOf(request))).end(JSON.stringify(problemOf(417)));
  });
  fastify.addHook('onRequest', async ({ raw: { headers, httpVersion } }, reply) => {
    if (headers.host === undefined && httpVersion === '1.1')
      return sendProblem(reply, { ...problemOf(400), detail: 'A request names its host.' });
  });
}
