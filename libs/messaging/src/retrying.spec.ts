import { EXCHANGES } from '@sluice/contracts';
import { deadLetters, depth, eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PermanentError, ProblemError } from './errors.js';
import { Do, Happened, handles, SERVICES, startService, stopServices, TIERS_MS } from './testing/probe.js';

let broker: TestBroker;
beforeAll(async () => (broker = await testBroker({ tiersMs: TIERS_MS, services: SERVICES })));
afterEach(stopServices);
afterAll(() => broker.close());

const letterOf = (queue: string, id: string) =>
  eventually(async () => {
    const letter = (await deadLetters(broker, queue)).find(({ properties }) => properties.messageId === id);
    if (!letter) throw new Error(`${id} is no dead letter yet`);
    return letter;
  });

describe('a handler that fails', () => {
  it('is retried after each tier in turn, then its message is a dead letter with reason and attempts', async () => {
    const tries: number[] = [];
    await startService(broker, [
      handles(Happened, async () => {
        tries.push(Date.now());
        throw new Error('the database is away');
      }),
    ]);
    const id = await publish(broker, Happened, { n: 1 }, { headers: { traceparent: '00-t' } });

    const { headers, body, properties } = await letterOf('probe.events', id);
    expect(headers).toMatchObject({
      reason: 'Error: the database is away',
      attempts: 4,
      traceparent: '00-t',
      'original-exchange': 'shop.events',
      'original-routing-key': 'probe.happened',
    });
    expect(headers['stack']).toContain('retrying.spec');
    expect(headers).not.toHaveProperty('x-death');
    expect(body).toBe('{"n":1}');
    expect(properties).toMatchObject({ type: 'probe.happened', deliveryMode: 2 });
    expect(tries).toHaveLength(4);
    const waits = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    TIERS_MS.forEach((ms, index) => expect(waits[index]).toBeGreaterThanOrEqual(ms));
  });

  it('that recovers has its message acknowledged, without delaying others meanwhile', async () => {
    const handled: number[] = [];
    let failures = 2;
    await startService(
      broker,
      [
        handles(Happened, async ({ data }) => {
          if (data.n === 1 && failures-- > 0) throw new Error('not yet');
          handled.push(data.n);
        }),
      ],
      { prefetch: 1 },
    );
    await publish(broker, Happened, { n: 1 });
    await publish(broker, Happened, { n: 2 });
    await eventually(() => expect(handled).toEqual([2, 1]));
    for (const ms of TIERS_MS) expect(await depth(broker, `probe.retry.${ms}`)).toBe(0);
  });

  it('permanently is not retried', async () => {
    let tries = 0;
    await startService(broker, [
      handles(Happened, async () => {
        tries += 1;
        throw new PermanentError('no such thing');
      }),
    ]);
    const id = await publish(broker, Happened, { n: 3 });
    expect((await letterOf('probe.events', id)).headers).toMatchObject({
      reason: 'PermanentError: no such thing',
      attempts: 1,
    });
    expect(tries).toBe(1);
  });

  it('with a business "no" for a message without a caller leaves a dead letter', async () => {
    await startService(broker, [
      handles(Do, async () => {
        throw ProblemError.of(409, 'Too late');
      }),
    ]);
    const id = await publish(broker, Do, { n: 4 });
    expect((await letterOf('probe.commands', id)).headers).toMatchObject({
      reason: 'ProblemError: Too late',
      attempts: 1,
    });
  });

  it('keeps its message, unhandled, while the tier is missing, and continues when it is back', async () => {
    const own = await testBroker({ tiersMs: TIERS_MS, services: { probe: { events: [Happened] } } });
    const channel = await own.connection.createChannel();
    const seen: (boolean | undefined)[] = [];
    try {
      const { arguments: args } = await own.management.get<{ arguments: object }>(`queues/${own.vhost}/probe.retry.50`);
      await startService(own, [
        handles(Happened, async ({ redelivered }) => {
          seen.push(redelivered);
          if (seen.length < 2) throw new Error('once');
        }),
      ]);
      await channel.deleteQueue('probe.retry.50');
      await publish(own, Happened, { n: 5 });
      await eventually(() => expect(seen).toEqual([undefined]));
      await channel.assertQueue('probe.retry.50', { arguments: args });
      await channel.bindQueue('probe.retry.50', EXCHANGES.retryTier(50), 'probe.#');
      await eventually(() => expect(seen).toEqual([undefined, undefined]));
    } finally {
      await stopServices();
      await own.close();
    }
  });
});

describe('a message that crashes its consumer', () => {
  it('is a dead letter after the delivery limit', async () => {
    await publish(broker, Happened, { n: 666 });
    for (let crash = 0; crash <= 20; crash++) {
      const channel = await broker.connection.createChannel();
      await eventually(async () => expect(await channel.get('probe.events')).not.toBe(false));
      await channel.close();
    }
    const letters = await eventually(async () => {
      const found = (await deadLetters(broker, 'probe.events')).filter(({ body }) => body === '{"n":666}');
      expect(found).toHaveLength(1);
      return found;
    });
    expect(letters[0]?.headers['x-first-death-reason']).toBe('delivery_limit');
    expect(await depth(broker, 'probe.events')).toBe(0);
  });
});
