import type { Message } from '@sluice/contracts';
import { deadLetters, depth, eventually, privateBroker, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dependencies } from './dependencies.js';
import { UnavailableError } from './errors.js';
import { Happened, handles, SERVICES, startService, stopServices, TIERS_MS } from './testing/probe.js';

let broker: TestBroker;
beforeAll(async () => (broker = await testBroker({ tiersMs: TIERS_MS, services: SERVICES })));
afterEach(async () => {
  await stopServices();
  const channel = await broker.connection.createChannel();
  for (const queue of ['probe.events', 'probe.events.dead']) await channel.purgeQueue(queue);
  await channel.close();
});
afterAll(() => broker.close());

/** A dependency of a handler, which records every call. */
function dependency(name: string, { mayBePoison = false } = {}) {
  const calls: number[] = [];
  const done: number[] = [];
  let fails: (n: number) => boolean = () => true;
  return {
    calls,
    done,
    failsFor: (which: (n: number) => boolean) => void (fails = which),
    handler: async ({ data: { n } }: Message<typeof Happened>) => {
      calls.push(n);
      if (fails(n)) throw new UnavailableError('no answer', { dependency: name, mayBePoison });
      dependencies.succeeded(name);
      done.push(n);
    },
  };
}

const send = async (from: number, to: number) => {
  for (let n = from; n < to; n++) await publish(broker, Happened, { n });
};
const numbers = (to: number) => Array.from({ length: to }, (_, n) => n);
const sorted = (some: readonly number[]) => [...some].sort((a, b) => a - b);

describe('while a dependency is sick', () => {
  it('pauses its queue: the backlog stays there, and is handled uncharged within seconds of the recovery', async () => {
    const sick = dependency('sick-1');
    const { server } = await startService(broker, [handles(Happened, sick.handler)], { prefetch: 10 });
    await send(0, 60);
    await eventually(() => expect(server.paused).toEqual(['probe.events']));
    // At most the prefetch was taken before the pause; the rest is still in the queue.
    await eventually(async () => expect(await depth(broker, 'probe.events')).toBeGreaterThanOrEqual(50));
    expect(dependencies.all()).toContainEqual(
      expect.objectContaining({ name: 'sick-1', state: 'sick', because: 'UnavailableError: no answer' }),
    );
    // Longer than all tiers together: with charged attempts each message would be a dead letter by then.
    const before = sick.calls.length;
    await eventually(() => expect(sick.calls.length).toBeGreaterThanOrEqual(before + 4), { withinMs: 15_000 });
    expect(new Set(sick.calls).size).toBeLessThanOrEqual(10);
    const cured = performance.now();
    sick.failsFor(() => false);
    await eventually(() => expect(sorted(sick.done)).toEqual(numbers(60)), { withinMs: 5_000 });
    expect(performance.now() - cured).toBeLessThan(5_000);
    expect(server.paused).toEqual([]);
    await eventually(async () => expect(await depth(broker, 'probe.events')).toBe(0));
    expect(await deadLetters(broker, 'probe.events')).toEqual([]);
    for (const ms of TIERS_MS) expect(await depth(broker, `probe.retry.${ms}`)).toBe(0);
    expect(dependencies.all()).toContainEqual({ name: 'sick-1', state: 'healthy' });
  });

  it('a queue whose held messages cause the failure handles the others, and charges the held ones', async () => {
    const picky = dependency('picky', { mayBePoison: true });
    picky.failsFor((n) => n < 3);
    await startService(broker, [handles(Happened, picky.handler)], { prefetch: 3 });
    await send(0, 12);
    await eventually(() => expect(sorted(picky.done)).toEqual(numbers(12).slice(3)), { withinMs: 20_000 });
    await send(12, 13);
    // While others succeed, each of the three fails alone: it passes the tiers and becomes a dead letter with its
    // history.
    let next = 13;
    const letters = await eventually(
      async () => {
        await send(next, ++next);
        const found = await deadLetters(broker, 'probe.events');
        expect(found).toHaveLength(3);
        return found;
      },
      { withinMs: 60_000 },
    );
    expect(letters.map(({ headers }) => [headers['attempts'], (headers['history'] as unknown[]).length])).toEqual(
      Array(3).fill([4, 4]),
    );
    expect(sorted(picky.done)).toEqual(numbers(next).slice(3));
  }, 90_000);

  it('one failing message does not delay the others', async () => {
    const picky = dependency('picky-2', { mayBePoison: true });
    picky.failsFor((n) => n === 0);
    const { server } = await startService(broker, [handles(Happened, picky.handler)], { prefetch: 5 });
    await send(0, 30);
    await eventually(() => expect(sorted(picky.done)).toEqual(numbers(30).slice(1)), { withinMs: 5_000 });
    expect(server.paused).toEqual([]);
  });

  it('a message held for too long is returned to its queue as a fresh one', async () => {
    const sick = dependency('sick-2');
    const seen: (boolean | undefined)[] = [];
    const handler = (message: Message<typeof Happened>) => {
      seen.push(message.redelivered);
      return sick.handler(message);
    };
    await startService(broker, [handles(Happened, handler)], { holdForMs: 300 });
    await send(0, 4);
    await eventually(() => expect(sick.calls.length).toBeGreaterThan(8), { withinMs: 15_000 });
    sick.failsFor(() => false);
    await eventually(() => expect(sorted([...new Set(sick.done)])).toEqual(numbers(4)), { withinMs: 5_000 });
    expect(seen.filter(Boolean)).toEqual([]);
    await eventually(async () => expect(await depth(broker, 'probe.events')).toBe(0));
  });

  it('a broken connection loses no held message, and acknowledges no other message in its place', async () => {
    const sick = dependency('sick-4');
    const { server } = await startService(broker, [handles(Happened, sick.handler)]);
    await send(0, 6);
    await eventually(() => expect(server.paused).toEqual(['probe.events']));
    await broker.management.closeConnectionsNamed('probe consumes', 1);
    await eventually(() => expect(server.ready).toBe(false));
    await eventually(() => expect(server.ready).toBe(true));
    await send(6, 12);
    sick.failsFor(() => false);
    await eventually(() => expect(new Set(sick.done)).toEqual(new Set(numbers(12))), { withinMs: 15_000 });
    await eventually(async () => expect(await depth(broker, 'probe.events')).toBe(0));
  });

  it('a shutdown returns held messages to their queue, without counting a delivery', async () => {
    const sick = dependency('sick-3');
    const { app, server } = await startService(broker, [handles(Happened, sick.handler)]);
    await send(0, 5);
    await eventually(() => expect(server.paused).toEqual(['probe.events']));
    await app.close();
    await eventually(async () => expect(await depth(broker, 'probe.events')).toBe(5));
    const seen: (boolean | undefined)[] = [];
    await startService(broker, [handles(Happened, async ({ redelivered }) => void seen.push(redelivered))]);
    await eventually(() => expect(seen).toEqual(Array(5).fill(undefined)));
  });
});

describe('while the broker blocks its publishers', () => {
  it('no message is handled or charged, and all are handled after it unblocks', async () => {
    const own = await privateBroker();
    const vhost = await testBroker({ server: own, tiersMs: TIERS_MS, services: SERVICES });
    try {
      const calls: number[] = [];
      let fails = true;
      const handler = async ({ data: { n } }: Message<typeof Happened>) => {
        calls.push(n);
        if (fails) throw new Error('a provider that is down as well');
      };
      const { server } = await startService(vhost, [handles(Happened, handler)], {
        schedule: { retryTiersMs: Array<number>(400).fill(150) },
      });
      for (let n = 0; n < 5; n++) await publish(vhost, Happened, { n });
      await eventually(() => expect(calls.length).toBeGreaterThan(5));
      await own.setDiskAlarm(true);
      // The broker answers the first publish of a retry copy by blocking.
      await eventually(() => expect(server.paused).toEqual(['probe.events']), { withinMs: 10_000 });
      const before = calls.length;
      // As long as twenty tries would take.
      const counted = performance.now();
      await eventually(() => expect(performance.now() - counted).toBeGreaterThan(3_000), { withinMs: 10_000 });
      expect(calls).toHaveLength(before);
      fails = false;
      await own.setDiskAlarm(false);
      await eventually(() => expect(new Set(calls.slice(before))).toEqual(new Set(numbers(5))), { withinMs: 5_000 });
      expect(server.paused).toEqual([]);
      expect(await deadLetters(vhost, 'probe.events')).toEqual([]);
    } finally {
      await own.setDiskAlarm(false); // a service that waits for the blocked broker would not end
      await stopServices();
      await vhost.close();
      await own.close();
    }
  }, 300_000); // boots a broker: 9 s alone, 100 s with a tenth of a core
});
