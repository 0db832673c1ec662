import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { SERVER_LIMITS } from './server-limits.js';

const STATUS_OF: Record<string, number> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };

const DETAILS: Record<number, string> = {
  408: 'The request was not sent in time.',
  431: `The address and the headers of a request have at most ${SERVER_LIMITS.http.maxHeaderSize / 1024} kB together.`,
};

/** Bytes that are no HTTP request, or come too slowly: a problem like any other, and the end of the connection. */
export function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = STATUS_OF[error.code ?? ''] ?? 400;
  const body = JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail: DETAILS[status] });
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'content-type: application/problem+json', `content-length: ${body.length}`, 'connection: close'];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
