import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { afterInit, sample } from './run-state.mjs';

// k6's requests are synchronous: a thread makes them while this one sleeps.
const { port1: ours, port2: theirs } = new MessageChannel();
const done = new Int32Array(new SharedArrayBuffer(4));
const worker = new Worker(new URL('fetcher.mjs', import.meta.url), {
  workerData: { port: theirs, done },
  transferList: [theirs],
  env: {},
});
worker.unref();

function fetchAll(requests) {
  Atomics.store(done, 0, 0);
  ours.postMessage(requests);
  Atomics.wait(done, 0, 0);
  return receiveMessageOnPort(ours).message;
}

const SUCCESS = { statuses: [{ min: 200, max: 399 }] };
export const expectedStatuses = (...statuses) => ({
  statuses: statuses.map((status) => (typeof status === 'number' ? { min: status, max: status } : status)),
});

/** `url` to `new.url`: Go writes the names of headers like that. */
const goName = (name) => name.replaceAll(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());

/** The shop of a test says how long it took; what this machine took tells nothing. */
const tookMs = (headers) => Number(headers['x-took-ms'] ?? 0);

function finish({ method, url, body, params = {} }, { status, headers, text, error }) {
  const duration = tookMs(headers);
  const expected = (params.responseCallback ?? SUCCESS).statuses.some(({ min, max }) => status >= min && status <= max);
  const tags = { ...params.tags, method, status: String(status), expected_response: String(expected) };
  sample('http_reqs', 1, tags);
  sample('http_req_duration', duration, tags);
  sample('http_req_failed', Number(!expected), tags);
  return {
    status,
    error,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [goName(name), value])),
    body: text,
    timings: { duration },
    request: { method, url, body },
  };
}

export function batch(requests) {
  afterInit('an HTTP request');
  const asked = requests.map(({ method, url, body, params }) => ({ method, url, body, headers: params?.headers }));
  return fetchAll(asked).map((answer, i) => finish(requests[i], answer));
}

export const request = (method, url, body, params) => batch([{ method, url, body, params }])[0];
export const get = (url, params) => request('GET', url, null, params);

export default { batch, expectedStatuses, get, request };
