import { EXCHANGES } from '@sluice/contracts';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { canStartBroker, eventually, privateBroker, type PrivateBroker } from '@sluice/testing';
import { connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encode } from './codec.js';
import type { PublishError } from './errors.js';
import { Publisher } from './publisher.js';
import { Happened, handles, startService, stopServices } from './testing/probe.js';

/** Declared here and not by the map: libraries must not import the topology, and this broker has no management API. */
async function declare(url: string): Promise<void> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  await channel.assertExchange(EXCHANGES.events, 'topic');
  for (const exchange of [EXCHANGES.commands, EXCHANGES.dead]) await channel.assertExchange(exchange, 'direct');
  await channel.assertExchange(EXCHANGES.deliveries, 'headers');
  for (const queue of ['probe.events', 'probe.events.dead'])
    await channel.assertQueue(queue, { arguments: { 'x-queue-type': 'quorum' } });
  await channel.bindQueue('probe.events', EXCHANGES.events, Happened.type);
  await connection.close();
  await pause(2_000); // a quorum queue declared less than about 1 s before a kill -9 can be lost
}

describe.skipIf(!canStartBroker)('a broker that is killed', () => {
  let broker: PrivateBroker;
  beforeAll(async () => {
    broker = await privateBroker();
    await declare(broker.url);
  }, 120_000);
  afterAll(async () => {
    await stopServices();
    await broker.close();
  }, 60_000);

  it('while 2,000 messages are published and handled loses none of them', async () => {
    const handled = new Set<number>();
    let deliveries = 0;
    await startService(
      broker,
      [
        handles(Happened, async ({ data }) => {
          deliveries += 1;
          handled.add(data.n);
        }),
      ],
      { schedule: { retryTiersMs: [] } },
    );
    const publisher = new Publisher({ url: broker.url, window: 100 });
    const failures: string[] = [];
    const send = async (n: number, id = randomUUID()): Promise<void> => {
      const message = encode(Happened({ n }), {
        id,
        time: new Date().toISOString(),
        correlationId: 'c',
        source: 'test',
      });
      await publisher.publish(message, { deadlineMs: 60_000 }).catch((error: unknown) => {
        failures.push((error as PublishError).reason);
        return send(n, id);
      });
    };

    const sent = Promise.all(Array.from({ length: 2_000 }, (_, n) => send(n)));
    await eventually(() => expect(handled.size).toBeGreaterThan(300));
    await broker.kill();
    const before = handled.size;
    await broker.start();
    await sent;

    await eventually(() => expect(handled.size).toBe(2_000), { withinMs: 30_000 });
    expect(before).toBeLessThan(2_000);
    expect(failures.length).toBeGreaterThan(0);
    expect(failures.every((reason) => reason === 'unknown')).toBe(true);
    expect(deliveries - handled.size).toBeLessThan(300); // only unconfirmed or unacknowledged messages come twice
    await publisher.close();
  }, 180_000);
});
