import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { afterInit, sample } from './run-state.js';

interface StatusRange {
  min: number;
  max: number;
}

interface Params {
  headers?: Record<string, string>;
  tags?: Record<string, string>;
  responseCallback?: { statuses: StatusRange[] };
}

interface Request {
  method: string;
  url: string;
  body?: string | null;
  params?: Params;
}

export interface FetchRequest extends Omit<Request, 'params'> {
  headers: Record<string, string> | undefined;
}

export interface FetchedResponse {
  status: number;
  headers: Record<string, string>;
  text: string | null;
  error?: string;
}

interface Response {
  status: number;
  error: string | undefined;
  headers: Record<string, string>;
  body: string | null;
  /** Milliseconds. */
  timings: { duration: number };
  request: Omit<Request, 'params'>;
}

// k6's requests are synchronous: a thread makes them while this one sleeps.
const { port1: ours, port2: theirs } = new MessageChannel();
const done = new Int32Array(new SharedArrayBuffer(4));
const worker = new Worker(new URL('fetcher.js', import.meta.url), {
  workerData: { port: theirs, done },
  transferList: [theirs],
  env: {},
});
worker.unref();

function fetchAll(requests: FetchRequest[]): FetchedResponse[] {
  Atomics.store(done, 0, 0);
  ours.postMessage(requests);
  Atomics.wait(done, 0, 0);
  const received = receiveMessageOnPort(ours) as { message: FetchedResponse[] };
  return received.message;
}

const SUCCESS = { statuses: [{ min: 200, max: 399 }] };

export const expectedStatuses = (...statuses: (number | StatusRange)[]): { statuses: StatusRange[] } => ({
  statuses: statuses.map((status) => (typeof status === 'number' ? { min: status, max: status } : status)),
});

/** Header names as Go writes them: `content-type` becomes `Content-Type`. */
const goName = (name: string): string => name.replaceAll(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());

/** The fake shop reports its duration in a header; the real duration on this machine is not used. */
const tookMs = (headers: Record<string, string>): number => Number(headers['x-took-ms'] ?? 0);

function finish(
  { method, url, body = null, params = {} }: Request,
  { status, headers, text, error }: FetchedResponse,
): Response {
  const duration = tookMs(headers);
  const isExpected = (params.responseCallback ?? SUCCESS).statuses.some(
    ({ min, max }) => status >= min && status <= max,
  );
  const tags = { ...params.tags, method, status: String(status), expected_response: String(isExpected) };
  sample('http_reqs', 1, tags);
  sample('http_req_duration', duration, tags);
  sample('http_req_failed', Number(!isExpected), tags);
  return {
    status,
    error,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [goName(name), value])),
    body: text,
    timings: { duration },
    request: { method, url, body },
  };
}

export function batch(requests: Request[]): Response[] {
  afterInit('an HTTP request');
  const fetched = fetchAll(requests.map(({ params, ...request }) => ({ ...request, headers: params?.headers })));
  return requests.flatMap((request, i) => {
    const response = fetched[i];
    return response ? [finish(request, response)] : [];
  });
}

export const request = (method: string, url: string, body?: string | null, params?: Params): Response | undefined =>
  batch([{ method, url, body: body ?? null, ...(params && { params }) }])[0];

export const get = (url: string, params?: Params): Response | undefined => request('GET', url, null, params);

export default { batch, expectedStatuses, get, request };
