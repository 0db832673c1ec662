import fastify from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EventStream, type StreamEvent } from './event-stream.js';

const SETTINGS = { STREAM_HEARTBEAT_MS: 60_000, STREAM_BUFFER_BYTES: 65_536 };
const app = fastify();
const streams: EventStream[] = [];
let url: string;

beforeAll(async () => {
  app.get('/stream', (_, reply) => {
    const stream = new EventStream(reply, SETTINGS);
    stream.open();
    streams.push(stream);
  });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => app.close());

it('serializes an event once that many streams send', async () => {
  const responses = await Promise.all([1, 2, 3].map(() => fetch(`${url}/stream`)));
  let serialized = 0;
  const event: StreamEvent = { id: 7, event: 'news', data: { toJSON: () => ({ serialized: (serialized += 1) }) } };
  await Promise.all(streams.map((stream) => stream.send(event)));
  for (const stream of streams) stream.end();
  const sent = 'retry: 1000\n\nid: 7\nevent: news\ndata: {"serialized":1}\n\n';
  expect(await Promise.all(responses.map((response) => response.text()))).toEqual([sent, sent, sent]);
});
