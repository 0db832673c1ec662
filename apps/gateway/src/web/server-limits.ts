import type { FastifyInstance } from 'fastify';
import type { Server } from 'node:http';
import { sendProblem } from './problem.filter.js';

/** More than any client of this API sends: a browser's own take 20. */
const MAX_HEADERS = 100;

/**
 * Connections without a stream: on which requests are under way or may come. A gateway at its limit has some hundreds under way,
 * and a browser keeps up to six; each takes some 20 kB. A further one is closed at once, so that a proxy tries another gateway.
 */
const MAX_WITHOUT_STREAM = 10_000;

/** What one connection may take of this process. Times are milliseconds, sizes bytes. */
export const SERVER_LIMITS = {
  /** An order of 100 lines takes 10 kB. */
  bodyLimit: 64 * 1024,
  /** What is too long for a name names nothing (404), as its schema says; Fastify would answer 414. */
  routerOptions: { maxParamLength: 16 * 1024 },
  /** How long a client may take to send a whole request. */
  requestTimeout: 30_000,
  /** Longer than proxies keep a connection that is idle (60 s with most): who closes first must be the one who sends, or a request meets a closed door. */
  keepAliveTimeout: 72_000,
  /** Then a client connects anew, and perhaps to another gateway: one that was added gets its share. */
  maxRequestsPerSocket: 10_000,
  http: {
    /** It is still asked for, and its absence told as a problem: see `explainRefusals`. */
    requireHostHeader: false,
    /** The request line and all headers together. A token takes 300 bytes; beside it there is room for the cookies of a whole domain. */
    maxHeaderSize: 16 * 1024,
    /** Headers fit into a few packets: who takes longer keeps connections open for nothing. */
    headersTimeout: 10_000,
    /** How late the two timeouts may be noticed; the default of 30 s would make 10 s 40. */
    connectionsCheckingInterval: 5_000,
  },
};

/** @param streams that this gateway keeps open, each on a connection of its own */
export function limitConnections(fastify: FastifyInstance, streams: number): void {
  (fastify.server as Server).maxConnections = streams + MAX_WITHOUT_STREAM;
}

/** Node drops headers beyond a number without a word, and perhaps the one that mattered: so one more is read than is taken, and then refused. */
export function refuseManyHeaders(fastify: FastifyInstance): void {
  (fastify.server as Server).maxHeadersCount = MAX_HEADERS + 1;
  fastify.addHook('onRequest', async ({ raw }, reply) => {
    if (raw.rawHeaders.length / 2 > MAX_HEADERS)
      return sendProblem(reply, {
        type: 'about:blank',
        title: 'Request Header Fields Too Large',
        status: 431,
        detail: `A request has at most ${MAX_HEADERS} headers.`,
      });
  });
}
