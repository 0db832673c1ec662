import { depth, eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { declareTopology } from './declare-topology.js';
import { Do, handles, SERVICES, startService, stopServices, TIERS_MS } from './testing/probe.js';

/** A virtual host with none of the queues of these tests. */
let broker: TestBroker;
beforeAll(async () => (broker = await testBroker({ tiersMs: [], services: {} })));
afterEach(stopServices);
afterAll(() => broker.close());

const settings = { retryTiersMs: TIERS_MS };

it('declares what a service needs to boot, to retry a message and to handle it', async () => {
  await declareTopology(broker, SERVICES, settings);
  let failures = 1;
  const handled: number[] = [];
  await startService(broker, [
    handles(Do, async ({ data }) => {
      if (failures-- > 0) throw new Error('not yet');
      handled.push(data.n);
    }),
  ]);
  await publish(broker, Do, { n: 1 });
  await eventually(() => expect(handled).toEqual([1]));
});

it('changes nothing when it is declared again, and keeps the messages', async () => {
  await declareTopology(broker, SERVICES, settings);
  await publish(broker, Do, { n: 2 });
  await declareTopology(broker, SERVICES, settings);
  expect(await depth(broker, 'probe.commands')).toBe(1);
});

it('is refused when a queue exists with other arguments, which it does not change', async () => {
  const channel = await broker.connection.createChannel();
  await channel.assertQueue('other.events', { durable: true });
  await expect(declareTopology(broker, { other: { events: ['#'] } }, settings)).rejects.toThrow(
    /PRECONDITION_FAILED - inequivalent arg .* for queue 'other\.events'/,
  );
  expect((await channel.checkQueue('other.events')).queue).toBe('other.events');
  await channel.close();
});
