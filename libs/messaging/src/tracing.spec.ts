import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { ExpirePayment } from '@sluice/contracts';
import { deadLetters, eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { idOf, parentOf, recordSpans, traceparentOf, type Recorder } from '@sluice/testing/spans';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MessageClient } from './client.js';
import { encode } from './codec.js';
import { PermanentError, ProblemError } from './errors.js';
import {
  Ask,
  Do,
  Happened,
  handles,
  Bounded,
  Nowhere,
  SERVICES,
  startService,
  stopServices,
  TIERS_MS,
} from './testing/probe.js';

let broker: TestBroker;
let client: MessageClient;
let spans: Recorder;
beforeAll(async () => {
  broker = await testBroker({ tiersMs: TIERS_MS, services: { ...SERVICES, orders: { commands: [ExpirePayment] } } });
});
beforeEach(async () => {
  spans = recordSpans();
  client = new MessageClient({ url: broker.url, source: 'test' });
  await eventually(() => expect(client.publisher.ready).toBe(true));
});
afterEach(async () => {
  await stopServices();
  await client.close();
  await spans.close();
});
afterAll(() => broker.close());

const within = { deadlineMs: 5_000 };

describe('one trace', () => {
  it('connects the publisher with the handler, and records destination and message', async () => {
    const received: unknown[] = [];
    await startService(broker, [handles(Do, async ({ traceparent }) => void received.push(traceparent))]);
    await spans.within('the request', () => client.post(Do, { n: 1 }, { ...within, correlationId: 'c-1' }));
    const [request, sent, handled] = await Promise.all(
      ['the request', 'probe.do publish', 'probe.do process'].map(spans.one),
    );
    expect([parentOf(sent!), parentOf(handled!)]).toEqual([idOf(request!), idOf(sent!)]);
    expect(received).toEqual([traceparentOf(handled!)]);
    expect([sent!.kind, handled!.kind]).toEqual([SpanKind.PRODUCER, SpanKind.CONSUMER]);
    expect(sent!.attributes).toMatchObject({
      'messaging.destination.name': 'shop.commands',
      'sluice.correlation_id': 'c-1',
    });
    expect(handled!.attributes).toEqual({
      'messaging.system': 'rabbitmq',
      'messaging.destination.name': 'probe.commands',
      'messaging.message.id': sent!.attributes['messaging.message.id'],
      'sluice.correlation_id': 'c-1',
      'sluice.attempts': 0,
      'sluice.ending': 'ack',
    });
  });

  it('includes a request, and the requests that its handler sends', async () => {
    await startService(broker, [
      handles(Do, ({ data }) => client.request(Ask, data, within)),
      handles(Ask, async ({ data }) => data),
    ]);
    expect(await spans.within('the request', () => client.request(Do, { n: 1 }, within))).toEqual({ n: 1 });
    const chain = [
      'the request',
      'probe.do request',
      'probe.do publish',
      'probe.do process',
      'probe.ask request',
      'probe.ask publish',
      'probe.ask process',
    ];
    const found = await Promise.all(chain.map(spans.one));
    expect(found.slice(1).map(parentOf)).toEqual(found.slice(0, -1).map(idOf));
    expect(found.map(({ status }) => status.code)).toEqual(chain.map(() => SpanStatusCode.UNSET));
    expect(found[1]!.kind).toBe(SpanKind.CLIENT);
  });

  it('includes the retry tiers of a failing message: each retry is the cause of the next try', async () => {
    let failures = 2;
    await startService(broker, [
      handles(Happened, async () => {
        if (failures-- > 0) throw new Error('not yet');
      }),
    ]);
    await publish(broker, Happened, { n: 1 });
    const tries = await eventually(() => {
      const all = spans.named('probe.happened process');
      expect(all).toHaveLength(3);
      return all;
    });
    const retries = await Promise.all(['probe.happened retry 50', 'probe.happened retry 100'].map(spans.one));
    expect(retries.map(parentOf)).toEqual(tries.slice(0, 2).map(idOf));
    expect(tries.map(parentOf)).toEqual([undefined, ...retries.map(idOf)]);
    expect(tries.map(({ attributes }) => [attributes['sluice.attempts'], attributes['sluice.ending']])).toEqual([
      [0, 'retry'],
      [1, 'retry'],
      [2, 'ack'],
    ]);
    expect(tries.map(({ status }) => status)).toEqual([
      { code: SpanStatusCode.ERROR, message: 'not yet' },
      { code: SpanStatusCode.ERROR, message: 'not yet' },
      { code: SpanStatusCode.UNSET },
    ]);
  });

  it('is carried by a dead letter, and continues when the letter is redriven', async () => {
    await startService(broker, [
      handles(Do, async () => {
        throw new PermanentError('no such thing');
      }),
    ]);
    await publish(broker, Do, { n: 1 });
    const [handled, dead] = await Promise.all(['probe.do process', 'probe.do dead'].map(spans.one));
    expect(parentOf(dead!)).toBe(idOf(handled!));
    expect(handled!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'no such thing' });
    expect(handled!.events.map(({ name }) => name)).toEqual(['exception']);
    const [letter] = await deadLetters(broker, 'probe.commands');
    expect(letter!.headers['traceparent']).toBe(traceparentOf(dead!));
  });

  it('includes the queue beside a bounded one', async () => {
    await publish(broker, Bounded, { n: 1 });
    const channel = await broker.connection.createChannel();
    await eventually(async () => expect(await channel.get('probe.claims')).not.toBe(false));
    await channel.close();
    await startService(broker, [handles(Bounded, async () => undefined, { queue: 'claims' })]);
    const [aside, handled] = await Promise.all(['probe.knock aside', 'probe.knock process'].map(spans.one));
    expect(parentOf(handled!)).toBe(idOf(aside!));
  });

  it('includes a timer: the handler is caused by the start of the timer', async () => {
    await startService(broker, [handles(ExpirePayment, async () => undefined)], { service: 'orders' });
    const orderId = '0198c0de-0000-7000-8000-000000000001';
    const about = { id: orderId, time: new Date().toISOString(), correlationId: 'c', source: 'orders' };
    await client.publisher.publish(encode(ExpirePayment({ orderId }, { delayMs: 1_000 }), about));
    const [started, ended] = await Promise.all(
      ['orders.expire-payment publish', 'orders.expire-payment process'].map(spans.one),
    );
    expect(parentOf(ended!)).toBe(idOf(started!));
  });

  it('that is not sampled at its start is not recorded here either, and stays so', async () => {
    const received: unknown[] = [];
    await startService(broker, [
      handles(Do, ({ data }) => client.request(Ask, data, within)),
      handles(Ask, async ({ data, traceparent }) => (received.push(traceparent), data)),
    ]);
    await publish(
      broker,
      Do,
      { n: 1 },
      { headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00' } },
    );
    await eventually(() =>
      expect(received).toEqual([expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-[\da-f]{16}-00$/)]),
    );
    expect(spans.named('probe.do process')).toEqual([]);
  });
});

describe('a span with an error', () => {
  it('is not recorded for a business "no"', async () => {
    await startService(broker, [
      handles(Do, async () => {
        throw ProblemError.of(409, 'Too late');
      }),
    ]);
    await expect(client.request(Do, { n: 1 }, within)).rejects.toThrow('Too late');
    const found = await Promise.all(['probe.do request', 'probe.do process'].map(spans.one));
    expect(found.map(({ status }) => status.code)).toEqual([SpanStatusCode.UNSET, SpanStatusCode.UNSET]);
  });

  it('is recorded for a failed query, and for a failed publish', async () => {
    await startService(broker, [
      handles(Ask, async () => {
        throw new Error('the database is away');
      }),
    ]);
    await expect(client.request(Ask, { n: 1 }, within)).rejects.toThrow();
    await expect(client.request(Nowhere, { n: 1 }, within)).rejects.toThrow();
    const found = await Promise.all(
      ['probe.ask request', 'probe.ask process', 'nobody.do request', 'nobody.do publish'].map(spans.one),
    );
    expect(found.map(({ status }) => status.code)).toEqual(found.map(() => SpanStatusCode.ERROR));
  });
});

describe('a traceparent', () => {
  it.each(['', 'no such thing', '00-00000000000000000000000000000000-b7ad6b7169203331-01', 7])(
    'that names no span (%j) begins a new trace and does no harm',
    async (traceparent) => {
      await startService(broker, [handles(Happened, async () => undefined)]);
      await publish(broker, Happened, { n: 1 }, { headers: { traceparent } });
      const handled = await spans.one('probe.happened process');
      expect([parentOf(handled), handled.attributes['sluice.ending']]).toEqual([undefined, 'ack']);
    },
  );

  it('is passed on unchanged without an SDK', async () => {
    await spans.close();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const received: unknown[] = [];
    await startService(broker, [
      handles(Do, ({ data }) => client.request(Ask, data, within)),
      handles(Ask, async (message) => (received.push(message.traceparent), message.data)),
    ]);
    await publish(broker, Do, { n: 1 }, { headers: { traceparent } });
    await eventually(() => expect(received).toEqual([traceparent]));
  });
});
