import { setTimeout as pause } from 'node:timers/promises';
import { createServiceUsers, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openControlRoom, QUEUE, queueIn, type ControlRoom, type SlowPeer } from '../testing/control-room.js';
import type { Peer } from '../testing/start-peer.js';

let broker: TestBroker;
let controlRoom: ControlRoom;
let promotions: Peer<SlowPeer>;
beforeAll(async () => {
  broker = await testBroker();
  controlRoom = await openControlRoom(broker, await createServiceUsers(broker));
  promotions = await controlRoom.startPromotions();
});
afterAll(async () => {
  await promotions?.stop();
  await controlRoom?.close();
  await broker?.close();
});

interface Managed {
  messages_ready: number;
  messages_unacknowledged: number;
  message_stats: { publish_details: { rate: number }; ack_details: { rate: number } };
}

/** What the broker's management says of the queue, every second until the work is done. */
async function managedDuring(work: Promise<void>): Promise<Managed[]> {
  let done = false;
  void work.finally(() => (done = true));
  const samples: Managed[] = [];
  for (; !done; await pause(1_000)) samples.push(await broker.management.get(`queues/${broker.vhost}/${QUEUE}`));
  return samples;
}

const mean = <T>(samples: readonly T[], of: (sample: T) => number | undefined): number =>
  samples.reduce((sum, sample) => sum + (of(sample) ?? NaN), 0) / samples.length;

/** The broker samples every 5 s, and both show the mean of 5 s: before that the load is not in the figures. Seconds. */
const SETTLED_AFTER = 11;

describe('the figures of a queue', () => {
  it("over 30 s of load are those of the broker's own management within 5 %", async () => {
    promotions.peer.ms = 400; // of 100 at once: 250 a second
    await controlRoom.publishFor(300, 10_000);
    const from = controlRoom.snapshots().length;
    const samples = await managedDuring(controlRoom.publishFor(30_000 + SETTLED_AFTER * 1_000, 240));
    const [managed, shown] = [
      samples.slice(SETTLED_AFTER),
      controlRoom
        .snapshots()
        .slice(from + SETTLED_AFTER)
        .map(queueIn),
    ];
    expect(shown.length).toBeGreaterThan(25);
    for (const [figure, ours, theirs] of [
      ['ready', mean(shown, (one) => one?.ready), mean(managed, (one) => one.messages_ready)],
      [
        'unacknowledged',
        mean(shown, (one) => one?.unacknowledged),
        mean(managed, (one) => one.messages_unacknowledged),
      ],
      ['in', mean(shown, (one) => one?.in), mean(managed, (one) => one.message_stats.publish_details.rate)],
      ['out', mean(shown, (one) => one?.out), mean(managed, (one) => one.message_stats.ack_details.rate)],
    ] as const)
      expect(Math.abs(ours - theirs) / theirs, `${figure}: ${ours}, by the broker ${theirs}`).toBeLessThan(0.05);
  }, 90_000);
});
