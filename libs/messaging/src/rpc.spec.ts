import { randomUUID } from 'node:crypto';
import { depth, eventually, testBroker, type TestBroker } from '@sluice/testing';
import { register } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MessageClient } from './client.js';
import { encode } from './codec.js';
import { currentMessage } from './current-message.js';
import { DELEGATED } from './delegated.js';
import { ProblemError, RequestTimeoutError, type PublishError } from './errors.js';
import { Replies } from './replies.js';
import {
  Ask,
  Do,
  handles,
  Nowhere,
  Secret,
  SERVICES,
  Slow,
  startService,
  stopServices,
  TIERS_MS,
} from './testing/probe.js';

let broker: TestBroker;
let client: MessageClient;
beforeAll(async () => (broker = await testBroker({ tiersMs: TIERS_MS, services: SERVICES })));
beforeEach(async () => {
  client = new MessageClient({ url: broker.url, source: 'test' });
  await eventually(() => expect(client.publisher.ready).toBe(true));
});
afterEach(async () => {
  await stopServices();
  await client.close();
});
afterAll(() => broker.close());

const within = (deadlineMs = 3_000) => ({ deadlineMs });
const double = async ({ data }: { data: { n: number } }) => ({ n: data.n * 2 });

describe('a request', () => {
  it('is answered by its owner, whether command or query', async () => {
    await startService(broker, [handles(Do, double), handles(Ask, double)]);
    expect(await client.request(Do, { n: 21 }, within())).toEqual({ n: 42 });
    expect(await client.request(Ask, { n: 4 }, within())).toEqual({ n: 8 });
    const many = await Promise.all(Array.from({ length: 200 }, (_, n) => client.request(Ask, { n }, within())));
    expect(many.map(({ n }) => n)).toEqual(Array.from({ length: 200 }, (_, n) => n * 2));
  });

  it('carries the correlation id of its caller, and the id of its cause', async () => {
    const received: unknown[] = [];
    const second = new MessageClient({ url: broker.url, source: 'probe' });
    await startService(broker, [
      handles(Do, async ({ data }) => second.request(Ask, data, within())),
      handles(Ask, async (message) => (received.push(message), message.data)),
    ]);
    await client.request(Do, { n: 1 }, { ...within(), correlationId: 'the-order' });
    expect(received).toEqual([
      expect.objectContaining({ correlationId: 'the-order', causationId: expect.any(String) }),
    ]);
    await second.close();
  });

  it('that is refused throws the problem that the owner sent', async () => {
    await startService(broker, [
      handles(Do, async () => {
        throw ProblemError.of(409, 'Already shipped', 'it left yesterday', { orderId: 'o-1' });
      }),
    ]);
    const error = await client.request(Do, { n: 1 }, within()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({
      problem: { status: 409, title: 'Already shipped', detail: 'it left yesterday', orderId: 'o-1' },
    });
    expect(await depth(broker, 'probe.commands.dead')).toBe(0);
  });

  it('without an owner fails at the sender', async () => {
    await expect(client.request(Nowhere, { n: 1 }, within())).rejects.toMatchObject({ reason: 'unroutable' });
  });

  it('without a reply in time is a timeout; the command is still handled, and its late reply is dropped', async () => {
    await expect(client.request(Do, { n: 5 }, within(100))).rejects.toBeInstanceOf(RequestTimeoutError);
    const handled: unknown[] = [];
    await startService(broker, [
      handles(Do, async ({ data, reply }) => (handled.push([data.n, reply !== undefined]), data)),
    ]);
    await eventually(() => expect(handled).toEqual([[5, true]]));
  });

  it('that is a query is never handled after its deadline', async () => {
    await expect(client.request(Ask, { n: 6 }, within(100))).rejects.toBeInstanceOf(RequestTimeoutError);
    const handled: number[] = [];
    await startService(broker, [handles(Ask, async ({ data }) => (handled.push(data.n), data))]);
    expect(await client.request(Ask, { n: 7 }, within())).toEqual({ n: 7 });
    expect(handled).toEqual([7]);
  });

  it.each([
    ['ahead', 600_000],
    ['behind', -600_000],
  ])('is answered by an owner whose clock is ten minutes %s of that of its caller', async (_, wrongByMs) => {
    const pending = [client.request(Ask, { n: 6 }, within()), client.request(Do, { n: 7 }, within())];
    await eventually(async () =>
      expect([await depth(broker, 'probe.queries'), await depth(broker, 'probe.commands')]).toEqual([1, 1]),
    );
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + wrongByMs });
    await startService(broker, [handles(Ask, double), handles(Do, double)]);
    expect(await Promise.all(pending).finally(() => vi.useRealTimers())).toEqual([{ n: 12 }, { n: 14 }]);
  });

  it('that arrives after its deadline is counted: a query is dropped, a command handled', async () => {
    const handled: number[] = [];
    const handle = async ({ data }: { data: { n: number } }) => (handled.push(data.n), data);
    const service = await startService(broker, [handles(Ask, handle), handles(Do, handle)]);
    const about = {
      id: randomUUID(),
      time: new Date().toISOString(),
      correlationId: 'c',
      source: 'test',
      reply: { to: 'gone', id: '1' },
    };
    for (const [contract, timeoutMs] of [
      [Ask, 0],
      [Do, 0],
      [Ask, 9_000],
    ] as const) {
      const wire = encode(contract({ n: 1 }), { ...about, id: randomUUID(), timeoutMs });
      // Published without the expiration, by which the broker would drop it.
      await client.publisher.publish({ ...wire, properties: { ...wire.properties, expiration: undefined } });
    }
    await eventually(() => expect(handled).toHaveLength(2));
    const { values } = await register.getSingleMetric('sluice_messages_overdue_total')!.get();
    expect(values.map(({ labels, value }) => [labels['queue'], value])).toEqual([
      ['probe.queries', 1],
      ['probe.commands', 1],
    ]);
    await service.app.close();
  });

  it('gives the owner an earlier deadline than the caller, so that a reply in time there is in time here', async () => {
    let deadlineSeen = 0;
    await startService(broker, [handles(Do, async ({ data, deadline }) => ((deadlineSeen = deadline ?? 0), data))]);
    const before = Date.now();
    await client.request(Do, { n: 1 }, within(2_000));
    expect(deadlineSeen).toBeGreaterThanOrEqual(before + 1_800);
    expect(deadlineSeen).toBeLessThan(Date.now() + 1_850);
  });

  it('that fails for a while is answered by a retry, which keeps the reply address', async () => {
    let failures = 2;
    await startService(broker, [
      handles(Do, async ({ data }) => {
        if (failures-- > 0) throw new Error('not yet');
        return data;
      }),
    ]);
    expect(await client.request(Do, { n: 9 }, within())).toEqual({ n: 9 });
  });

  it('that fails permanently is answered with a problem before the deadline', async () => {
    await startService(broker, [
      handles(
        Slow,
        async () => {
          throw new Error('broken');
        },
        { queue: 'slow' },
      ),
    ]);
    await expect(client.request(Slow, { n: 1 }, within())).rejects.toMatchObject({ problem: { status: 500 } });
    expect(await depth(broker, 'probe.slow.dead')).toBe(1);
  });

  it('that is a query and fails is answered at once, without details or a dead letter', async () => {
    await startService(broker, [
      handles(Ask, async () => {
        throw new Error('secret detail');
      }),
    ]);
    const error = await client.request(Ask, { n: 1 }, within()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ problem: { status: 500, title: 'Internal error' } });
    expect(JSON.stringify(error)).not.toContain('secret detail');
  });

  it('with a password is never on disk and never a dead letter', async () => {
    const modes: unknown[] = [];
    const channel = await broker.connection.createChannel();
    await expect(
      client.request(Secret, { n: 1 }, within(1_000)).catch((error: unknown) => error),
    ).resolves.toBeInstanceOf(RequestTimeoutError);
    const pending = client.request(Secret, { n: 2 }, within()).catch((error: unknown) => error);
    await eventually(async () => {
      const message = await channel.get('probe.queries', { noAck: false });
      expect(message).not.toBe(false);
      if (message) modes.push(message.properties.deliveryMode, Number(message.properties.expiration) > 0);
    });
    await channel.close();
    await startService(broker, [
      handles(Secret, async () => {
        throw new Error('x');
      }),
    ]);
    expect(await pending).toMatchObject({ problem: { status: 500 } });
    expect(modes).toEqual([1, true]);
  });

  it('may be answered by another handler', async () => {
    await startService(broker, [
      handles(Do, async ({ data, reply, deadline }) => {
        const about = {
          id: randomUUID(),
          time: new Date().toISOString(),
          correlationId: 'c',
          source: 'probe',
          ...(reply && { reply }),
          ...(deadline !== undefined && { timeoutMs: deadline - Date.now() }),
        };
        await client.publisher.publish(encode(Slow(data), about));
        return DELEGATED;
      }),
      handles(Slow, double, { queue: 'slow' }),
    ]);
    expect(await client.request(Do, { n: 8 }, within())).toEqual({ n: 16 });
  });
});

describe('a lost connection', () => {
  it('fails the pending requests, and not later ones', async () => {
    const pending = [client.request(Do, { n: 1 }, within(20_000)), client.request(Ask, { n: 1 }, within(20_000))].map(
      (request) => request.catch((error: Error) => error.name),
    );
    await eventually(async () => expect(await depth(broker, 'probe.commands')).toBe(1));
    await eventually(async () => expect(await depth(broker, 'probe.queries')).toBe(1));
    await eventually(async () => expect(await broker.management.closeConnections()).toBeGreaterThan(0));
    expect(await Promise.all(pending)).toEqual(['RequestTimeoutError', 'RequestTimeoutError']);

    await startService(broker, [handles(Do, double), handles(Ask, double)]);
    await eventually(() => expect(client.publisher.ready).toBe(true));
    expect(await client.request(Do, { n: 2 }, within())).toEqual({ n: 4 });
    expect(currentMessage()).toBeUndefined();
  });

  it('refuses a request at once beside ten thousand pending ones', async () => {
    const replies = new Replies({ isOwner: () => true });
    const waiting = Array.from({ length: 10_000 }, (_, n) =>
      replies.wait(`${n}`, Do, 30_000).promise.catch(({ reason }: PublishError) => reason),
    );
    expect(() => replies.wait('one more', Do, 30_000)).toThrow(
      expect.objectContaining({
        reason: 'buffer-full',
        message: expect.stringContaining('10000 requests wait for answers already'),
      }),
    );
    replies.close();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['unknown']));
  });

  it('without a broker a request fails at once', async () => {
    const lonely = new MessageClient({ url: 'amqp://127.0.0.1:1', source: 'test' });
    const started = Date.now();
    await expect(lonely.request(Do, { n: 1 }, within())).rejects.toMatchObject({ reason: 'not-connected' });
    expect(Date.now() - started).toBeLessThan(2_000);
    await lonely.close();
  });
});
