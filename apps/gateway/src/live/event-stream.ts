import { ProblemError } from '@sluice/messaging';
import type { FastifyReply } from 'fastify';
import type { OutgoingHttpHeaders } from 'node:http';
import { countStream } from '../web/http-metrics.js';

/** One server-sent event (HTML standard, section 9.2). */
export interface StreamEvent {
  /** Its place in its stream: what a client says as `Last-Event-ID` when it comes back. Without one the client keeps the last it had. */
  id?: number;
  event: string;
  data: object;
}

export interface StreamSettings {
  STREAM_HEARTBEAT_MS: number;
  STREAM_BUFFER_BYTES: number;
}

/** When a client whose connection was cut comes back. Milliseconds. */
const RETRY_MS = 1_000;
/**
 * How long a client may be over its limit. Any usable line takes 64 kB in a fraction of it. To drop it at once would be wrong:
 * one that is merely a second behind would come back, get the same events and be dropped again. Milliseconds.
 */
const OVER_LIMIT_MS = 5_000;
/** Between here and the client nothing may keep the events (caches) or hold them back (nginx). */
const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };

/**
 * The wire of one stream of server-sent events. What waits here for a client is bounded by the limit and one event; a client
 * that does not read is dropped, and comes back with `Last-Event-ID`. Nest's own `@Sse` would buffer for it without bound.
 */
export class EventStream {
  /** Resolves when the connection is done with this answer, whatever it was and whoever ended it. */
  readonly closed: Promise<void>;
  #heartbeat: NodeJS.Timeout | undefined;
  #draining = false;

  constructor(
    private readonly reply: FastifyReply,
    private readonly settings: StreamSettings,
  ) {
    const { raw } = reply;
    this.closed = new Promise((resolve) => (raw.destroyed ? resolve() : void raw.once('close', () => resolve())));
    void this.closed.then(() => clearTimeout(this.#heartbeat));
  }

  /** Nothing more can be sent: the stream was ended, or its client has gone. */
  get ended(): boolean {
    return this.reply.raw.writableEnded || this.reply.raw.destroyed;
  }

  /** From here on no problem can be told any more. @throws ProblemError 503 when the gateway is leaving */
  open(): void {
    if (this.#draining) throw ProblemError.of(503, 'Service Unavailable', 'This gateway is about to stop.');
    if (this.ended) return;
    const { raw, request } = this.reply.headers(HEADERS).hijack();
    raw.writeHead(200, this.reply.getHeaders() as OutgoingHttpHeaders);
    countStream(this.closed);
    this.#heartbeat = setTimeout(() => this.#sendHeartbeat(), this.settings.STREAM_HEARTBEAT_MS);
    void this.#write(`retry: ${RETRY_MS}\n\n`);
    if (request.method === 'HEAD') this.end();
  }

  /** There is nothing to be streamed any more: the one answer that keeps an EventSource from coming back. */
  endEmpty(): void {
    void this.reply.status(204).header('cache-control', HEADERS['cache-control']).send();
  }

  /** Resolves when the client has room for more, or has gone. */
  async send({ id, event, data }: StreamEvent): Promise<void> {
    if (this.ended) return;
    const taken = this.#write(
      `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
    );
    if (!this.#overLimit) return;
    const timer = setTimeout(() => this.reply.raw.destroy(), OVER_LIMIT_MS);
    await Promise.race([taken, this.closed]);
    clearTimeout(timer);
  }

  /** The rest is still sent, to a client that takes it. */
  end(): void {
    if (this.ended) return;
    const timer = setTimeout(() => this.reply.raw.destroy(), OVER_LIMIT_MS);
    void this.closed.then(() => clearTimeout(timer));
    this.reply.raw.end();
  }

  /**
   * The gateway stops: an open stream is ended, one that is not open yet never will be. Its client finds the rest elsewhere: a
   * server that closes waits only for answers that are not ended, not for clients that have yet to take them.
   */
  drain(): void {
    this.#draining = true;
    if (this.#heartbeat) this.end();
  }

  get #overLimit(): boolean {
    return this.reply.raw.writableLength > this.settings.STREAM_BUFFER_BYTES;
  }

  /** Silence looks like a dead connection to proxies; and only who is written to is found to have gone. */
  #sendHeartbeat(): void {
    if (this.#overLimit) this.reply.raw.destroy();
    else if (!this.ended) void this.#write(':\n\n');
  }

  /** Resolves when the operating system has taken it. */
  #write(text: string): Promise<void> {
    this.#heartbeat?.refresh();
    return new Promise((resolve) => this.reply.raw.write(text, () => resolve()));
  }
}
