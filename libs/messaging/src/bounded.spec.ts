import { randomUUID } from 'node:crypto';
import { deadLetters, depth, eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encode } from './codec.js';
import { PermanentError } from './errors.js';
import { Publisher } from './publisher.js';
import { handles, Bounded, SERVICES, startService, stopServices, TIERS_MS } from './testing/probe.js';

const LIMIT = 50;
const CLAIMS = { queue: 'claims' };
let broker: TestBroker;
let publisher: Publisher;
beforeEach(async () => {
  broker = await testBroker({ tiersMs: TIERS_MS, services: SERVICES, flashSaleQueueLimit: LIMIT });
  publisher = new Publisher({ url: broker.url });
});
afterEach(async () => {
  await stopServices();
  await publisher.close();
  await broker.close();
});

const publishBounded = (n: number): Promise<string> =>
  publisher
    .publish(
      encode(Bounded({ n }), { id: randomUUID(), time: new Date().toISOString(), correlationId: 'c', source: 'test' }),
    )
    .then(
      () => 'in',
      ({ reason }: { reason: string }) => reason,
    );

describe('a bounded queue', () => {
  it('accepts messages up to its limit, refuses others at once, and all accepted ones are handled', async () => {
    const answers = await Promise.all(Array.from({ length: 4 * LIMIT }, (_, n) => publishBounded(n)));
    const taken = answers.flatMap((answer, n) => (answer === 'in' ? [n] : []));
    expect([taken.length, new Set(answers)]).toEqual([LIMIT, new Set(['in', 'nacked'])]);
    const handled: number[] = [];
    await startService(broker, [handles(Bounded, async ({ data }) => void handled.push(data.n), CLAIMS)]);
    await eventually(() => expect(handled.sort((a, b) => a - b)).toEqual(taken));
    expect(await publishBounded(1)).toBe('in');
  });

  it('receives no retries: they are tried again from the unbounded queue beside it', async () => {
    const tried: number[] = [];
    await startService(
      broker,
      [
        handles(
          Bounded,
          async ({ data }) => {
            tried.push(data.n);
            if (tried.length === 1) throw new Error('not now');
          },
          CLAIMS,
        ),
      ],
      { prefetch: 1 },
    );
    expect(await publishBounded(1)).toBe('in');
    await eventually(() => expect(tried).toEqual([1, 1]));
    expect(await depth(broker, 'probe.claims-again')).toBe(0);
  });

  it('has its dead letters in the dead-letter queue of the queue beside it', async () => {
    await startService(broker, [
      handles(
        Bounded,
        async () => {
          throw new PermanentError('never');
        },
        CLAIMS,
      ),
    ]);
    await publish(broker, Bounded, { n: 1 });
    await eventually(async () =>
      expect(await deadLetters(broker, 'probe.claims-again')).toMatchObject([
        { headers: { reason: 'PermanentError: never' } },
      ]),
    );
  });

  it('parks a message redelivered after a consumer crash in the queue with a delivery limit', async () => {
    const channel = await broker.connection.createChannel();
    await publishBounded(7);
    await channel.get('probe.claims');
    await channel.close(); // as a crashing process does
    const seen: { n: number; from: string }[] = [];
    await startService(broker, [
      handles(
        Bounded,
        async ({ data, redelivered }) =>
          void seen.push({ n: data.n, from: redelivered ? 'the bounded queue' : 'beside it' }),
        CLAIMS,
      ),
    ]);
    await eventually(() => expect(seen).toEqual([{ n: 7, from: 'beside it' }]));
  });
});
