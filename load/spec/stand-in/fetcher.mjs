import { workerData } from 'node:worker_threads';

const { port, done } = workerData;

/** A request that gets no answer has status 0, as in k6. */
async function ask({ method, url, body, headers }) {
  try {
    const answer = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      ...(body !== null && body !== undefined && { body }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: Object.fromEntries(answer.headers), text };
  } catch (error) {
    return { status: 0, headers: {}, text: null, error: String(error.cause ?? error) };
  }
}

port.on('message', async (requests) => {
  port.postMessage(await Promise.all(requests.map(ask)));
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
});
