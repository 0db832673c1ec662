import { workerData, type MessagePort } from 'node:worker_threads';
import type { FetchedResponse, FetchRequest } from './http.js';

const { port, done } = workerData as { port: MessagePort; done: Int32Array<SharedArrayBuffer> };

/** A request that gets no answer has status 0, as in k6. */
async function send({ method, url, body, headers }: FetchRequest): Promise<FetchedResponse> {
  try {
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      ...(headers && { headers }),
      ...(body !== null && body !== undefined && { body }),
    });
    const text = await response.text();
    return { status: response.status, headers: Object.fromEntries(response.headers), text };
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return { status: 0, headers: {}, text: null, error: String(cause) };
  }
}

async function sendAll(requests: FetchRequest[]): Promise<void> {
  port.postMessage(await Promise.all(requests.map(send)));
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
}

port.on('message', (requests: FetchRequest[]) => void sendAll(requests));
