import type { FastifyInstance } from 'fastify';
import type { Server } from 'node:http';
import { sendProblem } from './problem.filter.js';

/** More than any client of this API sends: a browser itself sends 20. */
const MAX_HEADERS = 100;

/**
 * Connections without a stream, active or idle. A process at its limit has some hundreds of active ones, and a browser
 * keeps up to six; each takes some 20 kB. A further one is closed at once, so that a proxy tries another process.
 */
const MAX_WITHOUT_STREAM = 10_000;

/** Limits of one connection. Times are milliseconds, sizes bytes. */
export const SERVER_LIMITS = {
  /** A list of 100 entries takes 10 kB. */
  bodyLimit: 64 * 1024,
  /** A name that is too long does not exist (404), as by its schema; Fastify would return 414. */
  routerOptions: { maxParamLength: 16 * 1024 },
  /** How long a client may take to send a whole request. */
  requestTimeout: 30_000,
  /**
   * Longer than proxies keep an idle connection (most: 60 s): the sending side must close first, or a request meets a
   * closed connection.
   */
  keepAliveTimeout: 72_000,
  /** After these a client reconnects, perhaps to another process: a newly added one gets its share. */
  maxRequestsPerSocket: 10_000,
  http: {
    /** The header is still required; `explainRefusals` returns a problem for it. */
    requireHostHeader: false,
    /**
     * Request line and all headers together. A token takes 300 bytes; the rest has space for the cookies of a whole
     * domain.
     */
    maxHeaderSize: 16 * 1024,
    /** Headers fit into a few packets: a slower client occupies a connection for nothing. */
    headersTimeout: 10_000,
    /** Precision of the two timeouts above; the default of 30 s would make 10 s 40 s. */
    connectionsCheckingInterval: 5_000,
  },
};

/**
 * How long clients are told to keep an idle connection (`Keep-Alive`), shorter than the server keeps it. A process that
 * stops waits longer than that (SHUTDOWN_GRACE_MS): by then each connection has been closed by a response, or given up by
 * its client, so that no request is sent on a connection that is being closed. Proxies have a time of their own.
 * Milliseconds.
 */
const CLIENTS_KEEP_IDLE_MS = 5_000;

/** Node.js states its own `keepAliveTimeout`; `keepAliveTimeoutBuffer`, which is for this, is missing before 22.19. */
export function limitIdleClients(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async (_, { raw }) => {
    Object.assign(raw, { _keepAliveTimeout: CLIENTS_KEEP_IDLE_MS });
  });
}

/** @param streams limit of open streams, each on a connection of its own */
export function limitConnections(fastify: FastifyInstance, streams: number): void {
  (fastify.server as Server).maxConnections = streams + MAX_WITHOUT_STREAM;
}

/**
 * Node silently drops headers beyond its limit, perhaps an important one: so the limit is one more than is accepted,
 * and that one is refused.
 */
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
