import { event, SmsDelivery, type Outgoing } from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { decode, encode, validateData, type About, type Delivery, type WireMessage } from './codec.js';
import { MalformedError, PermanentError } from './errors.js';
import { Ask, Do, Happened, Secret } from './testing/probe.js';

const about: About = {
  id: '0198c0de-0000-7000-8000-000000000001',
  time: '2026-01-02T03:04:05.678Z',
  correlationId: 'c-1',
  source: 'orders',
};

/** A delivery made from a wire message, after the outbox stored it as JSON. */
function delivered(wire: WireMessage, redelivered = false): Delivery {
  const { properties, body, exchange, routingKey } = JSON.parse(JSON.stringify(wire)) as WireMessage;
  return { properties, content: Buffer.from(body), fields: { redelivered, exchange, routingKey } };
}

describe('a message on the wire', () => {
  it('has only its data in the body, and all metadata in properties and headers', () => {
    expect(
      encode(Happened({ n: 1 }), {
        ...about,
        acceptedAt: '2026-01-02T03:04:00.000Z',
        causationId: '0198c0de-0000-7000-8000-000000000002',
        traceparent: '00-a',
      }),
    ).toEqual({
      exchange: 'shop.events',
      routingKey: 'probe.happened',
      mandatory: false,
      properties: {
        messageId: about.id,
        type: 'probe.happened',
        timestamp: 1767323045,
        contentType: 'application/json',
        appId: 'orders',
        persistent: true,
        headers: {
          version: 1,
          time: about.time,
          'correlation-id': 'c-1',
          'accepted-at': '2026-01-02T03:04:00.000Z',
          'causation-id': '0198c0de-0000-7000-8000-000000000002',
          traceparent: '00-a',
        },
      },
      body: '{"n":1}',
    });
  });

  it('is also routed by each mark that its data has, when it is a fact with marks', () => {
    const Marked = event('probe.marked', z.object({ n: z.int() }), {
      marks: { even: ({ n }) => n % 2 === 0, 'above-9': ({ n }) => n > 9 },
    });
    const keysOf = (n: number) => {
      const { routingKey, properties } = encode(Marked({ n }), about);
      return [routingKey, ...((properties.headers['CC'] ?? []) as string[])];
    };
    expect(keysOf(12)).toEqual(['probe.marked', 'probe.marked.even', 'probe.marked.above-9']);
    expect(keysOf(8)).toEqual(['probe.marked', 'probe.marked.even']);
    expect(encode(Marked({ n: 1 }), about).properties.headers).not.toHaveProperty('CC');
  });

  it('is routed to its owner and mandatory, when it is a request', () => {
    expect(encode(Do({ n: 1 }), about)).toMatchObject({
      exchange: 'shop.commands',
      routingKey: 'probe.do',
      mandatory: true,
    });
    expect(encode(Ask({ n: 1 }), about)).toMatchObject({
      exchange: 'shop.commands',
      routingKey: 'probe.ask',
      mandatory: true,
    });
  });

  it('is routed by its channel, when it is a delivery', () => {
    const sms = SmsDelivery({ id: about.id, userId: about.id, about: 'x', text: 'hello', phone: '+4912345678' });
    expect(encode(sms, about)).toMatchObject({
      exchange: 'shop.deliveries',
      mandatory: false,
      properties: { headers: { channel: 'sms' } },
    });
  });

  it('carries the remaining time of its caller: a command in a header, a query also as its expiration', () => {
    const request = { ...about, reply: { to: 'amq.rabbitmq.reply-to', id: 'r-1' }, timeoutMs: 250.9 };
    const durable = encode(Do({ n: 1 }), request).properties;
    expect(durable).toMatchObject({
      replyTo: 'amq.rabbitmq.reply-to',
      correlationId: 'r-1',
      persistent: true,
      headers: { 'timeout-ms': 250 },
    });
    expect(durable.expiration).toBeUndefined();
    expect(encode(Ask({ n: 1 }), request).properties).toMatchObject({ persistent: false, expiration: '250' });
    expect(encode(Secret({ n: 1 }), { ...request, timeoutMs: -1 }).properties).toMatchObject({
      expiration: '0',
      headers: { 'timeout-ms': 0 },
    });
  });

  it('that exceeds the size limit is not encoded', () => {
    const long = event('probe.long', z.string());
    expect(encode(long('x'.repeat(8 * 1024 * 1024 - 2)), about).body).toHaveLength(8 * 1024 * 1024);
    expect(() => encode(long('x'.repeat(8 * 1024 * 1024 - 1)), about)).toThrow(
      new PermanentError('probe.long is too large for a message: 8388609 of 8388608 characters'),
    );
  });

  it('that does not fit its contract is not encoded', () => {
    expect(() => encode({ contract: Happened, data: { n: 'one' } } as Outgoing, about)).toThrow(PermanentError);
    expect(() => encode({ contract: Happened, data: { n: 'one' } } as Outgoing, about)).toThrow(
      /probe.happened does not fit/,
    );
  });
});

describe('a received message', () => {
  it('equals the sent message after the JSON round trip, for any data, ids and callers', () => {
    const text = fc.string({ minLength: 1, maxLength: 50 });
    const extras = fc.record(
      {
        n: fc.integer(),
        causationId: fc.uuid(),
        traceparent: text,
        correlationId: text,
        id: fc.uuid(),
        timeoutMs: fc.nat(),
        redelivered: fc.boolean(),
        reply: fc.record({ to: text, id: text }),
      },
      { requiredKeys: ['n', 'id', 'correlationId', 'redelivered', 'reply'] },
    );
    fc.assert(
      fc.property(extras, ({ n, redelivered, ...rest }) => {
        const began = Date.now();
        const { deadline, ...message } = validateData(
          Do,
          decode(delivered(encode(Do({ n }), { ...about, ...rest }), redelivered)),
        );
        const { source, timeoutMs, ...envelope } = { ...about, ...rest };
        expect(message).toEqual({
          ...envelope,
          type: 'probe.do',
          version: 1,
          data: { n },
          ...(redelivered && { redelivered: true }),
        });
        expect(deadline === undefined).toBe(timeoutMs === undefined);
        expect((deadline ?? began) - (timeoutMs ?? 0)).toBeGreaterThanOrEqual(began);
        expect((deadline ?? began) - (timeoutMs ?? 0)).toBeLessThanOrEqual(Date.now());
        return source === 'orders';
      }),
    );
  });

  it('has no reply address and no deadline without a caller', () => {
    const message = decode(delivered(encode(Happened({ n: 1 }), { ...about, timeoutMs: 5 })));
    expect(message).not.toHaveProperty('reply');
    expect(message).not.toHaveProperty('deadline');
  });

  it('has a deadline by the clock of its receiver, counted from its arrival, for any clock of its sender', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const request = encode(Do({ n: 1 }), { ...about, reply: { to: 'x', id: 'y' }, timeoutMs: 250 });
    const delivery = delivered(request);
    expect(decode(delivery).deadline).toBe(1_000_250);
    vi.setSystemTime(1_000_100);
    expect([decode({ ...delivery }).deadline, decode(delivered(request)).deadline]).toEqual([1_000_250, 1_000_350]);
    vi.useRealTimers();
  });

  it('from a version that sent its deadline as an instant has a caller, but no deadline', () => {
    const wire = encode(Do({ n: 1 }), { ...about, reply: { to: 'x', id: 'y' } });
    const old = { ...wire, properties: { ...wire.properties, headers: { ...wire.properties.headers, deadline: 1 } } };
    expect(decode(delivered(old))).toMatchObject({ reply: { to: 'x', id: 'y' } });
    expect(decode(delivered(old))).not.toHaveProperty('deadline');
  });

  it('is either a message or a MalformedError for any bytes and headers, never another error', () => {
    const header = fc.dictionary(
      fc.constantFrom('version', 'time', 'correlation-id', 'causation-id', 'timeout-ms', 'attempts'),
      fc.anything(),
    );
    const properties = fc.record(
      {
        messageId: fc.anything(),
        type: fc.anything(),
        replyTo: fc.anything(),
        correlationId: fc.anything(),
        headers: fc.option(header, { nil: undefined }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(properties, fc.uint8Array(), (some, bytes) => {
        try {
          decode({
            properties: some,
            content: Buffer.from(bytes),
            fields: { redelivered: false, exchange: '', routingKey: '' },
          });
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
    );
  });
});
