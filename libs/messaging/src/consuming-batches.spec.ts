import type { Message } from '@sluice/contracts';
import {
  deadLetters,
  depth,
  eventually,
  publish,
  publishBatch,
  testBroker,
  type MessageOverrides,
  type TestBroker,
} from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dependencies } from './dependencies.js';
import { PermanentError, UnavailableError } from './errors.js';
import type { Handler } from './on.js';
import { Happened, handles, SERVICES, startService, stopServices, TIERS_MS } from './testing/probe.js';

const QUEUE = 'probe.events';

let broker: TestBroker;
beforeAll(async () => (broker = await testBroker({ tiersMs: TIERS_MS, services: SERVICES })));
afterEach(async () => {
  await stopServices();
  const channel = await broker.connection.createChannel();
  for (const queue of [QUEUE, `${QUEUE}.dead`]) await channel.purgeQueue(queue);
  await channel.close();
});
afterAll(() => broker.close());

const start = (handler: Handler<typeof Happened>, options = {}) =>
  startService(broker, [handles(Happened, handler)], options);

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const sorted = (some: readonly number[]) => [...some].sort((a, b) => a - b);
const send = (count: number, wire: MessageOverrides = {}) =>
  publishBatch(
    broker,
    Happened,
    numbers(count).map((n) => ({ n })),
    wire,
  );
const unacknowledged = async () =>
  (await broker.management.get<{ messages_unacknowledged: number }>(`queues/${broker.vhost}/${QUEUE}`))
    .messages_unacknowledged;
/** Nothing waits in the queue, and nothing comes back to it when its consumer goes: all was acknowledged. */
async function isEmpty(): Promise<void> {
  await stopServices();
  await eventually(async () => expect(await depth(broker, QUEUE)).toBe(0));
}

/** Makes the broker deliver a message again, as after a crash of its consumer. */
async function crashConsumer(): Promise<void> {
  const channel = await broker.connection.createChannel();
  await eventually(async () => expect(await channel.get(QUEUE)).not.toBe(false));
  await channel.close();
}

/** Promise that the test resolves. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

describe('a batch', () => {
  it('brings each fact to the handler, with its own envelope and in order', async () => {
    const seen: Message[] = [];
    await start(async (message) => void seen.push(message));
    const ids = await send(3);
    await eventually(() => expect(seen.map(({ id }) => id)).toEqual(ids));
    expect(seen.map(({ data, type, version, redelivered }) => [data, type, version, redelivered])).toEqual(
      numbers(3).map((n) => [{ n }, 'probe.happened', 1, undefined]),
    );
    await isEmpty();
  });

  it('is acknowledged only when all its facts are settled', async () => {
    const done: number[] = [];
    const { opened, open } = gate();
    await start(async ({ data: { n } }) => {
      if (n === 1) await opened;
      done.push(n);
    });
    await send(3);
    await eventually(() => expect(done).toEqual([0, 2]));
    await eventually(async () => expect(await unacknowledged()).toBe(1), { withinMs: 20_000 });
    open();
    await eventually(() => expect(done).toEqual([0, 2, 1]));
    await isEmpty();
  });

  it('is handled no more at once than the prefetch allows', async () => {
    let [now, most, done] = [0, 0, 0];
    const next = () => new Promise((resolve) => setTimeout(resolve, 10));
    await start(
      async () => {
        most = Math.max(most, ++now);
        await next();
        now -= 1;
        done += 1;
      },
      { prefetch: 3 },
    );
    await send(20);
    await send(20);
    await eventually(() => expect(done).toBe(40));
    expect(most).toBe(3);
    await isEmpty();
  });

  it('with a fact that can never be handled makes a dead letter of that fact alone', async () => {
    const done: number[] = [];
    await start(async ({ data: { n } }) => {
      if (n === 1) throw new PermanentError('no such product');
      done.push(n);
    });
    const ids = await send(3);
    const letters = await eventually(async () => {
      const found = await deadLetters(broker, QUEUE);
      expect(found).toHaveLength(1);
      return found;
    });
    expect(letters[0]).toMatchObject({
      body: '{"n":1}',
      properties: { messageId: ids[1], type: 'probe.happened', contentType: 'application/json', appId: 'test' },
      headers: { reason: 'PermanentError: no such product', version: 1, 'original-exchange': 'shop.events' },
    });
    expect(letters[0]!.headers).not.toHaveProperty('facts');
    expect(done).toEqual([0, 2]);
    await isEmpty();
  });

  it('with a failing fact tries that fact alone again, through the retry tiers', async () => {
    const tries: number[] = [];
    await start(async ({ data: { n } }) => {
      tries.push(n);
      if (n === 1 && tries.filter((one) => one === 1).length < 3) throw new Error('not yet');
    });
    await send(3);
    await eventually(() => expect(tries).toEqual([0, 1, 2, 1, 1]));
    await isEmpty();
    expect(await deadLetters(broker, QUEUE)).toEqual([]);
  });

  it('with a fact that waits for a dependency does not handle the others again', async () => {
    const [calls, done]: [number[], number[]] = [[], []];
    let away = true;
    await start(async ({ data: { n } }) => {
      calls.push(n);
      if (n === 1 && away) throw new UnavailableError('no answer', { dependency: 'batch-1' });
      dependencies.succeeded('batch-1');
      done.push(n);
    });
    await send(3);
    await eventually(() => expect(calls.filter((n) => n === 1).length).toBeGreaterThanOrEqual(3));
    expect(sorted(done)).toEqual([0, 2]);
    away = false;
    await eventually(() => expect(sorted(done)).toEqual([0, 1, 2]));
    await isEmpty();
  });

  it('is tried one fact at a time while what it needs is away, and handled as a whole afterwards', async () => {
    const [calls, done]: [number[], number[]] = [[], []];
    let away = true;
    const { server } = await start(
      async ({ data: { n } }) => {
        calls.push(n);
        if (away) throw new UnavailableError('no answer', { dependency: 'batch-2' });
        done.push(n);
      },
      { prefetch: 5 },
    );
    await send(40);
    await eventually(() => expect(server.paused).toEqual([QUEUE]));
    const before = calls.length;
    expect(before).toBeLessThanOrEqual(6);
    await eventually(() => expect(calls.length).toBeGreaterThanOrEqual(before + 2), { withinMs: 10_000 });
    expect(server.consumerOf(QUEUE)?.held).toBe(40);
    away = false;
    await eventually(() => expect(sorted(done)).toEqual(numbers(40)), { withinMs: 10_000 });
    await isEmpty();
  });

  it('that is delivered again is taken apart, so that each fact counts its own deliveries', async () => {
    await send(3);
    await crashConsumer();
    const seen: [number, boolean | undefined, unknown][] = [];
    await start(async ({ data: { n }, redelivered, type }) => void seen.push([n, redelivered, type]));
    await eventually(() => expect(seen).toHaveLength(3));
    expect(seen.sort(([a], [b]) => a - b)).toEqual(numbers(3).map((n) => [n, undefined, 'probe.happened']));
    await isEmpty();
  });

  it('comes back to its queue as its unhandled facts when a shutdown finds them held', async () => {
    const { app, server } = await start(async ({ data: { n } }) => {
      if (n > 0) throw new UnavailableError('no answer', { dependency: 'batch-3' });
    });
    await send(5);
    await eventually(() => expect(server.consumerOf(QUEUE)?.held).toBe(4));
    await app.close();
    await eventually(async () => expect(await depth(broker, QUEUE)).toBe(4));
    const seen: [number, boolean | undefined][] = [];
    await start(async ({ data: { n }, redelivered }) => void seen.push([n, redelivered]));
    await eventually(() => expect(seen.sort(([a], [b]) => a - b)).toEqual([1, 2, 3, 4].map((n) => [n, undefined])));
    await isEmpty();
  });

  it('comes back as a whole when a shutdown finds a fact without an ending', async () => {
    const channel = await broker.connection.createChannel();
    await channel.unbindQueue('probe.retry.50', 'shop.retry-tier.50', 'probe.#');
    const done: number[] = [];
    const failing = gate();
    const { app } = await start(async ({ data: { n } }) => {
      if (n > 0) return void done.push(n);
      failing.open();
      throw new Error('its copy cannot be published');
    });
    await send(3);
    await failing.opened;
    await eventually(() => expect(done).toEqual([1, 2]));
    await app.close();
    await channel.bindQueue('probe.retry.50', 'shop.retry-tier.50', 'probe.#');
    await eventually(async () => expect(await depth(broker, QUEUE)).toBe(1));
    const again: number[] = [];
    await start(async ({ data: { n } }) => void again.push(n));
    await eventually(() => expect(sorted(again)).toEqual([0, 1, 2]));
    await isEmpty();
    await channel.close();
  });
});

describe('a malformed batch', () => {
  it('is a dead letter as a whole when it is no JSON array, delivered for the first time or again', async () => {
    await send(2, { body: '{"n":' });
    await crashConsumer();
    await start(async () => undefined);
    await send(2, { body: '[]' });
    const letters = await eventually(async () => {
      const found = await deadLetters(broker, QUEUE);
      expect(found).toHaveLength(2);
      return found;
    });
    expect(letters.map(({ body }) => body).sort()).toEqual(['[]', '{"n":']);
    expect(letters[0]!.headers['reason']).toContain('not a batch of events');
    expect(letters[0]!.properties.contentType).toBe('application/cloudevents-batch+json');
    await isEmpty();
  });

  it('loses no good fact: an element that is no event, is too long or does not fit is a dead letter alone', async () => {
    const done: number[] = [];
    await start(async ({ data: { n } }) => void done.push(n));
    const good = {
      specversion: '1.0',
      id: '0198c0de-0000-7000-8000-000000000001',
      source: 'test',
      type: Happened.type,
    };
    const event = { ...good, time: new Date().toISOString(), dataversion: 1, correlationid: 'c' };
    const elements = [
      7,
      { ...event, id: 'x'.repeat(300), data: { n: 1 } },
      { ...event, data: { n: 'one' } },
      { ...event, correlationid: 'y'.repeat(200_000), data: { n: 2 } },
      { ...event, data: { n: 3 } },
    ];
    await publish(
      broker,
      Happened,
      { n: 0 },
      {
        body: JSON.stringify(elements),
        properties: { contentType: 'application/cloudevents-batch+json' },
      },
    );
    await eventually(async () => expect(await deadLetters(broker, QUEUE)).toHaveLength(4));
    expect(done).toEqual([3]);
    const letters = await deadLetters(broker, QUEUE);
    expect(letters.map(({ body }) => body).sort()).toEqual(
      [
        ...elements.filter((_, index) => [0, 1, 3].includes(index)).map((one) => JSON.stringify(one)),
        '{"n":"one"}',
      ].sort(),
    );
    for (const { headers } of letters) expect(headers['reason']).toMatch(/^MalformedError: /);
    await isEmpty();
  });
});
