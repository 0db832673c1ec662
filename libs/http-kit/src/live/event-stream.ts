import { ProblemError } from '@sluice/messaging';
import type { FastifyReply } from 'fastify';
import type { OutgoingHttpHeaders } from 'node:http';
import { countStream } from '../http-metrics.js';

/**
 * A server-sent event (HTML standard, section 9.2). Many streams may send the same object: it is serialized once, so it
 * must not change.
 */
export interface StreamEvent {
  /**
   * Position in the stream, sent by a reconnecting client as `Last-Event-ID`. Without one the client keeps the previous
   * id.
   */
  readonly id?: number;
  readonly event: string;
  readonly data: object;
}

export interface StreamSettings {
  STREAM_HEARTBEAT_MS: number;
  STREAM_BUFFER_BYTES: number;
}

/** Delay before a disconnected client reconnects. Milliseconds. */
const RETRY_MS = 1_000;
/**
 * How long a client may be over its buffer limit. Any usable connection takes 64 kB in a fraction of it. Closing at
 * once would be wrong: a client a second behind would reconnect, receive the same events and be closed again.
 * Milliseconds.
 */
const OVER_LIMIT_MS = 5_000;
/**
 * No cache may store the events and no proxy (nginx) may buffer them. The connection is not used again: a process that
 * stops ends all streams at once, and a request on one of their connections would meet its end.
 */
const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  connection: 'close',
};

/**
 * A stream of server-sent events. Its buffer is bounded by the limit plus one event; a client that does not read is
 * disconnected and reconnects with `Last-Event-ID`. Nest's own `@Sse` would buffer without bound.
 */
export class EventStream {
  /** Resolves when the connection has finished this response or is closed, by either side. */
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

  /** No more can be sent: the stream was ended, or its client has disconnected. */
  get ended(): boolean {
    return this.reply.raw.writableEnded || this.reply.raw.destroyed;
  }

  /** Sends the headers; after that no problem can be returned. @throws ProblemError 503 when this process is draining */
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

  /** Responds with 204: the stream has no further events. Only this status stops an EventSource from reconnecting. */
  endEmpty(): void {
    void this.reply.status(204).header('cache-control', HEADERS['cache-control']).send();
  }

  /** Resolves when the client's buffer has space again, or the client has disconnected. */
  async send(event: StreamEvent): Promise<void> {
    if (this.ended) return;
    const taken = this.#write(textOf(event));
    if (!this.#overLimit) return;
    const timer = setTimeout(() => this.reply.raw.destroy(), OVER_LIMIT_MS);
    await Promise.race([taken, this.closed]);
    clearTimeout(timer);
  }

  /** Ends the stream; buffered events are still sent to a client that reads them. */
  end(): void {
    if (this.ended) return;
    const timer = setTimeout(() => this.reply.raw.destroy(), OVER_LIMIT_MS);
    void this.closed.then(() => clearTimeout(timer));
    this.reply.raw.end();
  }

  /**
   * Called when the process stops: ends an open stream; one that is not open yet is refused. Its client gets the other
   * events from another process. Ended here because a closing server waits for unfinished responses, not for clients
   * that read slowly.
   */
  drain(): void {
    this.#draining = true;
    if (this.#heartbeat) this.end();
  }

  get #overLimit(): boolean {
    return this.reply.raw.writableLength > this.settings.STREAM_BUFFER_BYTES;
  }

  /** Keeps idle proxies from closing the connection; and only a write detects a client that has disconnected. */
  #sendHeartbeat(): void {
    if (this.#overLimit) this.reply.raw.destroy();
    else if (!this.ended) void this.#write(':\n\n');
  }

  /** Resolves when the operating system has accepted the bytes. */
  #write(text: string): Promise<void> {
    this.#heartbeat?.refresh();
    return new Promise((resolve) => this.reply.raw.write(text, () => resolve()));
  }
}

const texts = new WeakMap<StreamEvent, string>();

function textOf(sent: StreamEvent): string {
  const known = texts.get(sent);
  if (known !== undefined) return known;
  const { id, event, data } = sent;
  const text = `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  texts.set(sent, text);
  return text;
}
