// @ts-nocheck
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers';

/** A password that stands in line to be hashed is waited for 10 s by the gateway. */
const ANSWER_WITHIN_MS = 20_000;
/** Of a stream that goes on, so much is read. */
const STREAM_MS = 150;

/**
 * @typedef {object} Answer
 * @property {number} status 0: none came
 * @property {Record<string, string | string[]>} headers
 * @property {string} text
 * @property {string} [error] why none came
 */

export class Transport {
  #agent = new Agent({ keepAlive: true, maxSockets: 32 });

  /** @param {string} base URL of the gateway */
  constructor(base) {
    this.base = new URL(base);
  }

  /**
   * @param {{ method: string, target: string, headers: Record<string, string | string[]>, body?: Buffer, raw?: Buffer
   * }} request
   * @returns {Promise<Answer>}
   */
  send(request) {
    return request.raw ? this.#sendRaw(request.raw) : this.#sendHttp(request);
  }

  /** Sends it and leaves before the answer. @returns {Promise<void>} resolves when the connection is gone */
  drop({ method, target, headers, body }) {
    return new Promise((resolve) => {
      const { hostname: host, port } = this.base;
      const sent = httpRequest({
        host,
        port,
        method,
        path: target,
        headers: { ...headers, ...lengthOf(body) },
        agent: false,
      });
      sent.on('error', () => {}).on('close', () => resolve());
      sent.on('finish', () => setImmediate(() => sent.destroy()));
      sent.end(body);
    });
  }

  close() {
    this.#agent.destroy();
  }

  #sendHttp({ method, target, headers, body }) {
    return new Promise((resolve) => {
      const { hostname: host, port } = this.base;
      const failed = (error) => resolve({ status: 0, headers: {}, text: '', error: error.code ?? error.message });
      try {
        const sent = httpRequest(
          {
            host,
            port,
            method,
            path: target,
            headers: { ...headers, ...lengthOf(body) },
            agent: this.#agent,
            timeout: ANSWER_WITHIN_MS,
            maxHeaderSize: 65_536,
          },
          (response) => read(response, resolve),
        );
        sent.on('error', failed).on('timeout', () => sent.destroy(new Error(`no answer in ${ANSWER_WITHIN_MS} ms`)));
        sent.end(body);
      } catch (error) {
        failed(error); // this client cannot even write it
      }
    });
  }

  /** Bytes as they are; the answer is what comes until the connection ends. */
  #sendRaw(raw) {
    return new Promise((resolve) => {
      let received = '';
      const socket = connect(Number(this.base.port), this.base.hostname, () => socket.end(raw));
      socket.setTimeout(ANSWER_WITHIN_MS, () => socket.destroy());
      socket
        .on('data', (data) => (received += data.toString('latin1')))
        .on('error', () => {})
        .on('close', () => resolve(parsed(received)));
    });
  }
}

const lengthOf = (body) => (body === undefined ? {} : { 'content-length': String(body.length) });

function read(response, resolve) {
  const chunks = [];
  const done = () =>
    resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() });
  response
    .on('data', (chunk) => chunks.push(chunk))
    .on('end', done)
    .on('error', done);
  if (!String(response.headers['content-type']).startsWith('text/event-stream')) return;
  setTimeout(() => (done(), response.destroy()), STREAM_MS);
}

/** @param {string} received @returns {Answer} */
function parsed(received) {
  const [head, ...rest] = received.split('\r\n\r\n');
  const [first, ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0),
    headers,
    text: Buffer.from(rest.join('\r\n\r\n'), 'latin1').toString(),
    ...(received === '' && { error: 'the connection was closed' }),
  };
}
