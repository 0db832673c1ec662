import { ExpirePayment, type Outgoing } from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOf, bytesOf, factsOf, groupsForBatches } from './batches.js';
import { decode, encode, validateData, type About, type Delivery, type WireMessage } from './codec.js';
import { MalformedError } from './errors.js';
import { Ask, Do, Happened, Ignored } from './testing/probe.js';

const ID = '0198c0de-0000-7000-8000-000000000001';
const BATCH = '0198c0de-0000-7000-8000-00000000000b';
const about: About = { id: ID, time: '2026-01-02T03:04:05.678Z', correlationId: 'c-1', source: 'orders' };

/** A delivery made from a wire message, after the outbox stored it as JSON. */
function delivered(wire: WireMessage): Delivery {
  const { properties, body, exchange, routingKey } = JSON.parse(JSON.stringify(wire)) as WireMessage;
  return { properties, content: Buffer.from(body), fields: { redelivered: false, exchange, routingKey } };
}

/** A batch with any body, as another program may publish it. */
const deliveredBody = (body: string, headers: Record<string, string | number> = {}): Delivery => {
  const wire = batchOf([encode(Happened({ n: 1 }), about)], BATCH);
  return delivered({
    ...wire,
    body,
    properties: { ...wire.properties, headers: { ...wire.properties.headers, ...headers } },
  });
};

const messages = (...outgoing: Outgoing[]) => outgoing.map((one) => ({ wire: encode(one, about) }));
const shapeOf = (groups: { wire: WireMessage }[][]) => groups.map((group) => group.map(({ wire }) => wire.body));

describe('the messages of one commit', () => {
  it('travel together when they are facts of one type, in the order of the commit', () => {
    const groups = groupsForBatches(
      messages(Happened({ n: 1 }), Ignored({ n: 2 }), Happened({ n: 3 }), Ignored({ n: 4 })),
    );
    expect(shapeOf(groups)).toEqual([
      ['{"n":1}', '{"n":3}'],
      ['{"n":2}', '{"n":4}'],
    ]);
  });

  it('travel alone when they are requests, have a caller, or carry a header that a batch does not', () => {
    const own = (wire: WireMessage) => ({
      wire: { ...wire, properties: { ...wire.properties, headers: { ...wire.properties.headers, extra: 1 } } },
    });
    const caller = () => ({ wire: encode(Happened({ n: 1 }), { ...about, reply: { to: 'x', id: 'y' } }) });
    const alone = [
      ...messages(Do({ n: 1 }), Do({ n: 2 }), Ask({ n: 3 }), Ask({ n: 4 })),
      ...[caller(), caller()],
      ...[own(encode(Happened({ n: 5 }), about)), own(encode(Happened({ n: 6 }), about))],
    ];
    expect(groupsForBatches(alone)).toEqual(alone.map((one) => [one]));
  });

  it('travel together when they are timers with the same delay', () => {
    const timer = (seconds: number) => ExpirePayment({ orderId: ID }, { delayMs: seconds * 1_000 });
    const groups = groupsForBatches(messages(timer(1), timer(2), timer(1), ExpirePayment({ orderId: ID })));
    expect(groups.map((group) => group.map(({ wire }) => wire.routingKey))).toEqual([
      ['orders.payment-window.1000', 'orders.payment-window.1000'],
      ['orders.payment-window.2000'],
      ['orders.expire-payment'],
    ]);
  });

  it('travel at most 100 together, and in a body of at most 256 Ki characters', () => {
    const groups = groupsForBatches(messages(...Array.from({ length: 250 }, (_, n) => Happened({ n }))));
    expect(groups.map(({ length }) => length)).toEqual([100, 100, 50]);
    const large = (n: number) => ({ wire: { ...encode(Happened({ n }), about), body: `"${'x'.repeat(100_000)}"` } });
    expect(groupsForBatches([large(1), large(2), large(3)]).map(({ length }) => length)).toEqual([2, 1]);
  });
});

describe('a batch', () => {
  it('gives the same messages as its facts alone, for any data and envelope', () => {
    const text = fc.string({ minLength: 1, maxLength: 50 });
    const fact = fc.record(
      {
        n: fc.integer(),
        id: fc.uuid(),
        correlationId: text,
        causationId: fc.uuid(),
        traceparent: text,
        acceptedAt: fc.constant('2026-01-02T03:04:00.000Z'),
      },
      { requiredKeys: ['n', 'id', 'correlationId'] },
    );
    fc.assert(
      fc.property(fc.array(fact, { minLength: 1, maxLength: 20 }), (some) => {
        const wires = some.map(({ n, ...rest }) => encode(Happened({ n }), { ...about, ...rest }));
        const facts = factsOf(delivered(batchOf(wires, BATCH)));
        const read = (delivery: Delivery) => validateData(Happened, decode(delivery));
        expect(facts.map(read)).toEqual(wires.map((wire) => read(delivered(wire))));
        expect(facts.map((one) => bytesOf(one).toString())).toEqual(wires.map(({ body }) => body));
        expect(facts.map(({ properties: { messageId, type, appId } }) => [messageId, type, appId])).toEqual(
          wires.map(({ properties: { messageId, type, appId } }) => [messageId, type, appId]),
        );
      }),
    );
  });

  it('is a CloudEvents batch, with an id of its own and the number of its facts', () => {
    const wires = [encode(Happened({ n: 1 }), { ...about, traceparent: '00-a' }), encode(Happened({ n: 2 }), about)];
    const { body, ...wire } = batchOf(wires, BATCH);
    expect(wire).toEqual({
      exchange: 'shop.events',
      routingKey: 'probe.happened',
      mandatory: false,
      properties: {
        messageId: BATCH,
        type: 'probe.happened',
        timestamp: 1767323045,
        contentType: 'application/cloudevents-batch+json',
        appId: 'orders',
        persistent: true,
        headers: { version: 1, time: about.time, facts: 2 },
      },
    });
    const envelope = { specversion: '1.0', id: ID, source: 'orders', type: 'probe.happened', time: about.time };
    const event = { ...envelope, datacontenttype: 'application/json', dataversion: 1, correlationid: 'c-1' };
    expect(JSON.parse(body)).toEqual([
      { ...event, traceparent: '00-a', data: { n: 1 } },
      { ...event, data: { n: 2 } },
    ]);
  });

  it('that an operator has redriven tells each fact its first sender and exchange', () => {
    const batch = deliveredBody(batchOf([encode(Happened({ n: 1 }), about)], BATCH).body, {
      'sent-by': 'orders',
      'original-exchange': 'shop.events',
    });
    expect(factsOf(batch)[0]!.properties.headers).toEqual({
      version: 1,
      time: about.time,
      'correlation-id': 'c-1',
      'sent-by': 'orders',
      'original-exchange': 'shop.events',
    });
  });

  it('whose body is no JSON array of events is malformed as a whole', () => {
    for (const body of ['', 'x', '{}', '[]', '"text"', 'null']) {
      const batch = deliveredBody(body);
      expect(factsOf(batch)).toEqual([batch]);
      expect(() => decode(batch)).toThrow(MalformedError);
      expect(bytesOf(batch).toString()).toBe(body);
    }
  });

  it('with an element that is no event has one malformed message, which keeps the element', () => {
    const event = JSON.parse(batchOf([encode(Happened({ n: 1 }), about)], BATCH).body.slice(1, -1)) as object;
    const long = 'x'.repeat(256);
    const broken = [
      1,
      null,
      [],
      'text',
      {},
      { ...event, id: 7 },
      { ...event, correlationid: long },
      { ...event, dataversion: '1' },
    ];
    for (const element of broken) {
      const [first, second] = factsOf(deliveredBody(JSON.stringify([element, event])));
      expect(() => decode(first!)).toThrow(MalformedError);
      expect(JSON.parse(bytesOf(first!).toString())).toEqual(element);
      expect(decode(second!)).toMatchObject({ id: ID, data: { n: 1 } });
    }
  });

  it('gives messages or MalformedErrors for any JSON, never another error', () => {
    const attribute = fc.constantFrom('id', 'type', 'time', 'dataversion', 'correlationid', 'traceparent', 'data');
    const element = fc.oneof(fc.jsonValue(), fc.dictionary(attribute, fc.jsonValue()));
    fc.assert(
      fc.property(fc.array(element), (elements) => {
        for (const fact of factsOf(deliveredBody(JSON.stringify(elements)))) {
          try {
            decode(fact);
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedError);
          }
        }
      }),
    );
  });
});
