import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  deadLetters,
  depth,
  eventually,
  publish,
  publishBatch,
  run,
  testBroker,
  type TestBroker,
} from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Happened, SERVICES, TIERS_MS } from './testing/probe.js';

/**
 * Lower than the map's 20 to save time: a process takes a second to start. The other messages have fewer deliveries
 * to spare, too.
 */
const LIMIT = 2;
const PREFETCH = 100;
const POISON = 60;

let broker: TestBroker;
let folder: string;
beforeAll(async () => {
  broker = await testBroker({ tiersMs: TIERS_MS, services: SERVICES });
  await broker.management.put(`policies/${broker.vhost}/sooner`, {
    pattern: '^probe\\.events$',
    'apply-to': 'queues',
    definition: { 'delivery-limit': LIMIT },
  });
  folder = mkdtempSync(path.join(tmpdir(), 'sluice-poison-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await broker.close();
});

/** A service that is restarted after every crash. */
function supervised() {
  const notes = path.join(folder, 'notes');
  writeFileSync(notes, '');
  const start = () =>
    run('libs/messaging/dist/testing/mortal.js', {
      URL: broker.url,
      PREFETCH: String(PREFETCH),
      POISON: String(POISON),
      NOTES: notes,
    });
  let service = start();
  let [deaths, stopped] = [0, false];
  const supervising = (async () => {
    for (; await service.exitCode, !stopped; service = start()) deaths += 1;
  })();
  return {
    deaths: () => deaths,
    handled: () => new Set(readFileSync(notes, 'utf8').trim().split('\n').map(Number)),
    async stop() {
      stopped = true;
      await service.end('SIGTERM');
      await supervising;
    },
  };
}

const before = Array.from({ length: 150 }, (_, n) => n);
const alone = async (some: readonly number[]) => {
  for (const n of some) await publish(broker, Happened, { n });
};
const inBatches = async () => {
  await alone(before.slice(0, 50));
  for (const from of [50, 100])
    await publishBatch(
      broker,
      Happened,
      before.slice(from, from + 50).map((n) => ({ n })),
    );
};

describe('a message that crashes the process of its consumer', () => {
  afterEach(async () => {
    const channel = await broker.connection.createChannel();
    await channel.purgeQueue('probe.events.dead');
    await channel.close();
  });

  // A batch has a delivery of its own, before its facts are published alone.
  it.each([
    ['of its whole prefetch', () => alone(before), LIMIT + 1],
    ['of its whole batch', inBatches, LIMIT + 2],
  ])(
    'is dead-lettered by the delivery limit, alone %s, and the queue continues',
    async (_, send, expectedDeaths) => {
      await send();
      const { handled, deaths, stop } = supervised();
      try {
        await eventually(async () => expect(await deadLetters(broker, 'probe.events')).not.toEqual([]), {
          withinMs: 60_000,
        });
        await alone([151, 152, 153]);
        await eventually(
          () => expect(handled()).toEqual(new Set([...before.filter((n) => n !== POISON), 151, 152, 153])),
          { withinMs: 30_000 },
        );
        // Messages handled by a crashed process but not acknowledged come once more.
        await eventually(
          async () =>
            expect(
              (await broker.management.get<{ messages: number }>(`queues/${broker.vhost}/probe.events`)).messages,
            ).toBe(0),
          { withinMs: 30_000 },
        );
      } finally {
        await stop();
      }
      expect(deaths()).toBe(expectedDeaths);
      await eventually(async () => {
        const letters = await deadLetters(broker, 'probe.events');
        expect(letters.map(({ body, headers }) => [body, headers['x-first-death-reason']])).toEqual([
          [JSON.stringify({ n: POISON }), 'delivery_limit'],
        ]);
      });
      expect(await depth(broker, 'probe.events')).toBe(0);
    },
    120_000,
  );
});
