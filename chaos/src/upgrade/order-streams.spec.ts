import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Ledger } from '../ledger.js';
import { OrderStreams, streamFindings, type FollowedStream } from './order-streams.js';

const ORDER = '019b0000-0000-7000-8000-000000000001';
const ENDED = [
  { id: 1, status: 'pending' },
  { id: 2, status: 'paid' },
  { id: 3, status: 'completed' },
];
const followed = (events: FollowedStream['events'], about: Partial<FollowedStream> = {}): FollowedStream => ({
  orderId: ORDER,
  events,
  connections: 1,
  ...about,
});

describe('the stream of an order', () => {
  it('has kept its promise when it has shown every change once, in order, to the end', () => {
    expect(streamFindings([followed(ENDED)])).toEqual([]);
  });

  it.each([
    ['doubled', [...ENDED, ENDED[2]!], 'a change twice'],
    ['lost', [ENDED[0]!, ENDED[2]!], 'not every change, in order'],
    ['lost', [ENDED[1]!, ENDED[0]!, ENDED[2]!], 'not every change, in order'],
    ['lost', ENDED.slice(1), 'not every change, in order'],
    ['lost', ENDED.slice(0, 2), 'not its end'],
    ['lost', [], 'not its end'],
  ] as const)('has broken it when it is %s: %j', (kind, events, why) => {
    expect(streamFindings([followed([...events])])).toMatchObject([{ kind, what: expect.stringMatching(`${why}$`) }]);
  });

  it('has broken it when it could not be followed', () => {
    const [found] = streamFindings([followed(ENDED, { trouble: 'its stream answered 400' })]);
    expect(found).toMatchObject({ kind: 'lost', what: expect.stringContaining('its stream answered 400') });
  });
});

describe('a client of it', () => {
  let server: Server | undefined;
  afterEach(() => void server?.close().closeAllConnections());

  const event = (id: number): string => `id: ${id}\nevent: order\ndata: ${JSON.stringify(ENDED[id - 1])}\n\n`;

  /** @param answers of one request after the other */
  async function follow(answers: ((response: ServerResponse) => void)[]) {
    const requests: IncomingMessage['headers'][] = [];
    server = createServer(({ headers }, response) => {
      answers[requests.push(headers) - 1]?.(response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const ledger = new Ledger();
    const { port } = server.address() as AddressInfo;
    const streams = new OrderStreams(`http://127.0.0.1:${port}`, ledger, 1);
    await streams.follow(ORDER, 'token');
    return { streams, ledger, after: requests.map((headers) => headers['last-event-id']) };
  }
  const over = (response: ServerResponse): void => void response.writeHead(204).end();

  it('goes on after the last event that it has received, and ends at 204', async () => {
    const { streams, ledger, after } = await follow([
      (response) =>
        void response.writeHead(200).end(`retry: 1000\n\n${event(1)}${event(2)}:\n\n${event(3).slice(0, 9)}`),
      (response) => void response.writeHead(200).end(event(3)),
      over,
    ]);
    expect(after).toEqual([undefined, '2', '3']);
    expect([streams.followed[0]?.events, streams.resumed]).toEqual([ENDED, 1]);
    expect(ledger.unexpectedAnswers).toEqual([]);
  });

  it('reports a stream that breaks off, and one that is refused without the time of another try', async () => {
    const { ledger } = await follow([
      (response) => void response.writeHead(200).write(event(1), () => response.destroy()),
      (response) => void response.writeHead(503).end(),
      over,
    ]);
    expect(ledger.unexpectedAnswers).toEqual([
      expect.stringMatching(/^GET \/orders\/…\/stream broke off \(.+\) \(1 times\)$/),
      'GET /orders/…/stream answered 503 without Retry-After (1 times)',
    ]);
  });

  it('gives up when it is refused for good', async () => {
    const { streams } = await follow([(response) => void response.writeHead(400).end()]);
    expect(streams.followed[0]?.trouble).toBe('its stream answered 400');
  });
});
