import {
  Agent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers';
import { parseJson } from './json.js';

/** The gateway keeps a request up to 10 s in its queue for hashing passwords. */
const TIMEOUT_MS = 20_000;
/** An event stream that goes on is read for so long. */
const STREAM_MS = 150;

export interface HttpRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Bytes that are sent instead of all the above. */
  readonly raw?: Buffer;
}

export interface HttpResponse {
  /** 0: no response came. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The text as JSON; undefined when it is none. */
  readonly json: unknown;
  /** Why no response came. */
  readonly error?: string;
}

/** Sends requests as they are, also malformed ones, and returns every response. */
export class HttpClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 });
  readonly #base: URL;

  constructor(readonly base: string) {
    this.#base = new URL(base);
  }

  send(request: HttpRequest): Promise<HttpResponse> {
    return request.raw ? this.#sendRaw(request.raw) : this.#sendHttp(request);
  }

  /** Sends it and disconnects before the response. Resolves when the connection is gone. */
  sendAndDisconnect(request: HttpRequest): Promise<void> {
    return new Promise((resolve) => {
      const sent = this.#write(request, { agent: false });
      sent.on('error', () => {}).on('close', () => resolve());
      sent.on('finish', () => setImmediate(() => sent.destroy()));
      sent.end(request.body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #write({ method, target, headers, body }: HttpRequest, options: RequestOptions): ClientRequest {
    const { hostname: host, port } = this.#base;
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    return httpRequest({ host, port, method, path: target, headers: { ...headers, ...length }, ...options });
  }

  #sendHttp(request: HttpRequest): Promise<HttpResponse> {
    return new Promise((resolve) => {
      const failed = (error: NodeJS.ErrnoException): void =>
        resolve(responseOf(0, {}, '', error.code ?? error.message));
      try {
        const sent = this.#write(request, { agent: this.#agent, timeout: TIMEOUT_MS, maxHeaderSize: 65_536 });
        sent.on('response', (response) => read(response, resolve)).on('error', failed);
        sent.on('timeout', () => sent.destroy(new Error(`no answer in ${TIMEOUT_MS} ms`)));
        sent.end(request.body);
      } catch (error) {
        failed(error as Error); // Node.js refuses to write it
      }
    });
  }

  /** The response is what arrives until the connection ends. */
  #sendRaw(bytes: Buffer): Promise<HttpResponse> {
    return new Promise((resolve) => {
      let received = '';
      const socket = connect(Number(this.#base.port), this.#base.hostname, () => socket.end(bytes));
      socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
      socket
        .on('data', (data) => (received += data.toString('latin1')))
        .on('error', () => {})
        .on('close', () => resolve(parseResponse(received)));
    });
  }
}

export const responseOf = (
  status: number,
  headers: HttpResponse['headers'],
  text: string,
  error?: string,
): HttpResponse => ({ status, headers, text, json: parseJson(text), ...(error !== undefined && { error }) });

function read(response: IncomingMessage, resolve: (response: HttpResponse) => void): void {
  const chunks: Buffer[] = [];
  const done = (): void =>
    resolve(responseOf(response.statusCode ?? 0, response.headers, Buffer.concat(chunks).toString()));
  response
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('end', done)
    .on('error', done);
  if (!String(response.headers['content-type']).startsWith('text/event-stream')) return;
  setTimeout(() => (done(), response.destroy()), STREAM_MS);
}

function parseResponse(received: string): HttpResponse {
  const [head = '', ...rest] = received.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const text = Buffer.from(rest.join('\r\n\r\n'), 'latin1').toString();
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0);
  return responseOf(status, headers, text, received === '' ? 'the connection was closed' : undefined);
}
