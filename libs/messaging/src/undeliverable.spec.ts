import { EXCHANGES } from '@sluice/contracts';
import { deadLetters, depth, eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Do, Happened, handles, startService, stopServices } from './testing/probe.js';

const TIER_MS = 2_000;
/** More than the 32 messages that RabbitMQ forwards at once from one tier. */
const WAITING = 40;

let broker: TestBroker;
beforeAll(
  async () =>
    (broker = await testBroker({
      tiersMs: [TIER_MS],
      services: { probe: { commands: [Do] }, watcher: { events: [Happened] } },
    })),
);
afterEach(stopServices);
afterAll(() => broker.close());

/** The service `probe` fails each message once and stops; its queue is deleted while they wait. */
async function loseTheQueueOf(numbers: readonly number[]): Promise<void> {
  await startService(
    broker,
    [
      handles(Do, async () => {
        throw new Error('not yet');
      }),
    ],
    { schedule: { retryTiersMs: [TIER_MS] } },
  );
  for (const n of numbers) await publish(broker, Do, { n });
  await eventually(async () => expect(await depth(broker, `probe.retry.${TIER_MS}`)).toBe(numbers.length), {
    withinMs: TIER_MS,
  });
  await stopServices();
  const channel = await broker.connection.createChannel();
  expect(await channel.deleteQueue('probe.commands')).toEqual({ messageCount: 0 });
  await channel.close();
}

/** Milliseconds between the two tries of a message that `watcher` fails once. */
async function timeOfARetry(): Promise<number> {
  const tries: number[] = [];
  await startService(
    broker,
    [
      handles(Happened, async () => {
        if (tries.push(performance.now()) === 1) throw new Error('once');
      }),
    ],
    { service: 'watcher', schedule: { retryTiersMs: [TIER_MS] } },
  );
  await publish(broker, Happened, { n: 1 });
  await eventually(() => expect(tries).toHaveLength(2), { withinMs: 2 * TIER_MS + 5_000 });
  return tries[1]! - tries[0]!;
}

describe('a queue that is deleted while its failed messages wait', () => {
  it('does not delay other services, and its messages are handled when the queue is back', async () => {
    const numbers = Array.from({ length: WAITING }, (_, n) => n);
    await loseTheQueueOf(numbers);
    await eventually(async () => expect(await depth(broker, `probe.retry.${TIER_MS}`)).toBe(0), {
      withinMs: TIER_MS + 5_000,
    });

    expect(await timeOfARetry()).toBeLessThan(TIER_MS + 1_000);
    expect(await depth(broker, EXCHANGES.homeless)).toBe(WAITING);

    expect((await broker.apply()).undeliverable).toEqual({ sentHome: { 'probe.commands': WAITING }, left: {} });
    const handled: number[] = [];
    await startService(broker, [handles(Do, async ({ data }) => void handled.push(data.n))], {
      schedule: { retryTiersMs: [TIER_MS] },
    });
    await eventually(() => expect(handled.toSorted((a, b) => a - b)).toEqual(numbers));
    expect(await depth(broker, EXCHANGES.homeless)).toBe(0);
    expect(await deadLetters(broker, 'probe.commands')).toEqual([]);
  });
});
