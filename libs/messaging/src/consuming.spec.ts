import { event, type Message } from '@sluice/contracts';
import { deadLetters, depth, eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { currentMessage } from './current-message.js';
import {
  Happened,
  handles,
  Ignored,
  SERVICES,
  Slow,
  startService,
  stopServices,
  TIERS_MS,
  Delivered,
} from './testing/probe.js';

let broker: TestBroker;
beforeAll(async () => (broker = await testBroker({ tiersMs: TIERS_MS, services: SERVICES })));
afterEach(stopServices);
afterAll(() => broker.close());

const collector = () => {
  const seen: Message[] = [];
  return { seen, handler: async (message: Message) => void seen.push(message) };
};

describe('consuming', () => {
  it('passes the whole envelope to the handler, and the current message to the logs', async () => {
    const seen: unknown[] = [];
    await startService(broker, [handles(Happened, async (message) => void seen.push([message, currentMessage()]))]);
    const id = await publish(
      broker,
      Happened,
      { n: 1 },
      { headers: { 'correlation-id': 'c-1', traceparent: '00-a-b-01' } },
    );

    await eventually(() => expect(seen).toHaveLength(1));
    const message = expect.objectContaining({
      id,
      type: 'probe.happened',
      version: 1,
      correlationId: 'c-1',
      traceparent: '00-a-b-01',
      data: { n: 1 },
    });
    expect(seen[0]).toEqual([message, message]);
    expect(currentMessage()).toBeUndefined();
  });

  it('acknowledges only when the handler has resolved', async () => {
    const started: number[] = [];
    let finish = (): void => undefined;
    const handler = async ({ data }: Message<typeof Happened>) => {
      started.push(data.n);
      if (data.n === 1) await new Promise<void>((resolve) => (finish = resolve));
    };
    await startService(broker, [handles(Happened, handler)], { prefetch: 1 });
    await publish(broker, Happened, { n: 1 });
    await publish(broker, Happened, { n: 2 });
    await eventually(() => expect(started).toEqual([1]));
    expect(await depth(broker, 'probe.events')).toBe(1); // with prefetch 1, the next comes after an ack
    finish();
    await eventually(() => expect(started).toEqual([1, 2]));
    expect(await depth(broker, 'probe.events')).toBe(0);
  });

  it('consumes deliveries from the queue of their channel', async () => {
    const { seen, handler } = collector();
    await startService(broker, [handles(Delivered, handler, { queue: 'deliveries' })]);
    await publish(broker, Delivered, { n: 3 });
    await eventually(() => expect(seen).toMatchObject([{ type: 'delivery.probe', data: { n: 3 } }]));
  });

  it('handles as many messages at once as the prefetch allows, and no more', async () => {
    let now = 0;
    let most = 0;
    let done = 0;
    const handler = async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 20));
      now -= 1;
      done += 1;
      return { n: 0 };
    };
    for (let n = 0; n < 20; n++) await publish(broker, Slow, { n });
    await startService(broker, [handles(Slow, handler, { queue: 'slow', prefetch: 5 })]);
    await eventually(() => expect(done).toBe(20));
    expect(most).toBe(5);
  });

  it('prefers the exact type over a pattern', async () => {
    const exact = collector();
    const rest = collector();
    const anyProbe = event('probe.*', z.unknown());
    await startService(broker, [handles(anyProbe, rest.handler), handles(Happened, exact.handler)], {
      service: 'watcher',
    });
    await publish(broker, Ignored, { n: 4 });
    await publish(broker, Happened, { n: 5 });
    await eventually(() =>
      expect(
        [...exact.seen, ...rest.seen].filter(({ data }) => [4, 5].includes((data as { n: number }).n)),
      ).toHaveLength(2),
    );
    expect(exact.seen.every(({ type }) => type === 'probe.happened')).toBe(true);
    expect(rest.seen.every(({ type }) => type === 'probe.ignored')).toBe(true);
  });

  it('marks redelivered messages', async () => {
    const first = await broker.connection.createChannel();
    await publish(broker, Slow, { n: 6 });
    await eventually(async () => expect(await first.get('probe.slow')).not.toBe(false));
    await first.close();
    const { seen, handler } = collector();
    await startService(broker, [handles(Slow, handler, { queue: 'slow' })]);
    await eventually(() => expect(seen).toMatchObject([{ redelivered: true }]));
  });
});

describe('an invalid or unsupported message', () => {
  const kinds = [
    ['a body that is not JSON', Happened, { body: '{"n":' }, /not JSON/],
    ['a missing envelope', Happened, { headers: { 'correlation-id': undefined } }, /envelope.*correlationId/s],
    ['data that does not fit the contract', Happened, { body: '{"n":"seven"}' }, /does not fit its contract.*n/s],
  ] as const;

  it.each(kinds)(
    '%s is dead-lettered at once with its reason, while other messages are handled',
    async (_, contract, wire, reason) => {
      const { seen, handler } = collector();
      await startService(broker, [handles(Happened, handler)], { prefetch: 1 });
      const id = await publish(broker, contract as typeof Happened, { n: 7 }, wire);
      await publish(broker, Happened, { n: 8 });

      const letter = await eventually(async () => {
        const found = (await deadLetters(broker, 'probe.events')).find(({ properties }) => properties.messageId === id);
        expect(found).toBeDefined();
        return found;
      });
      expect(letter?.headers['reason']).toMatch(reason);
      expect(letter?.headers).toMatchObject({
        attempts: 1,
        'original-routing-key': expect.any(String),
        'failed-at': expect.any(String),
      });
      await eventually(() => expect(seen).toContainEqual(expect.objectContaining({ data: { n: 8 } })));
      expect(await depth(broker, 'probe.events')).toBe(0);
    },
  );

  const Nobodys = event('probe.unknown', z.unknown());

  it.each([
    ['an unsupported version', Happened, { headers: { version: 2 } }, /version 2/],
    [
      'a type without a handler',
      Nobodys,
      { exchange: '', routingKey: 'probe.events' },
      /no handler for probe.unknown on probe.events/,
    ],
  ] as const)(
    '%s waits for a replica that supports it, and is dead-lettered when there is none, uncharged',
    async (_, contract, wire, reason) => {
      await startService(broker, [handles(Happened, async () => undefined)], { unsupportedForMs: 300 });
      const id = await publish(broker, contract as typeof Happened, { n: 7 }, wire);
      const letter = await eventually(async () => {
        const found = (await deadLetters(broker, 'probe.events')).find(({ properties }) => properties.messageId === id);
        expect(found).toBeDefined();
        return found;
      });
      expect(letter?.headers['reason']).toMatch(reason);
      // Six tries: each after a wait, five times 50 ms and then once 100 ms.
      expect(letter?.headers).toMatchObject({ attempts: 1, passes: 6 });
    },
  );

  it('a version that only another replica supports is handled there and not dead-lettered', async () => {
    await startService(broker, [handles(Happened, async () => undefined)]);
    const id = await publish(broker, Happened, { n: 70 }, { headers: { version: 2 } });
    await eventually(async () => expect(await depth(broker, 'probe.events')).toBe(0));
    const Newer = event('probe.happened', z.object({ n: z.int() }), { version: 2 });
    const { seen, handler } = collector();
    await startService(broker, [handles(Newer, handler)]);
    await eventually(() => expect(seen).toMatchObject([{ id, version: 2, data: { n: 70 } }]));
    expect((await deadLetters(broker, 'probe.events')).filter(({ properties }) => properties.messageId === id)).toEqual(
      [],
    );
  });

  it('keeps a binary body byte for byte', async () => {
    await startService(broker, [handles(Happened, async () => undefined)]);
    const channel = await broker.connection.createConfirmChannel();
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
    channel.sendToQueue('probe.events', bytes, { messageId: 'raw', type: Happened.type });
    const raw = await eventually(async () => {
      const message = await channel.get('probe.events.dead', { noAck: true });
      expect(message && message.properties.messageId).toBe('raw');
      return message && message.content;
    });
    expect(raw).toEqual(bytes);
    await channel.close();
  });
});
