import { setTimeout as pause } from 'node:timers/promises';
import type { Contract, Message } from '@sluice/contracts';
import { deadLetters, depth, eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { encode, type WireMessage } from './codec.js';
import { dependencies } from './dependencies.js';
import { PermanentError, UnavailableError } from './errors.js';
import { Publisher } from './publisher.js';
import {
  Bounded,
  Delivered,
  Do,
  Happened,
  handles,
  Nowhere,
  SERVICES,
  startService,
  stopServices,
  TIERS_MS,
} from './testing/probe.js';

let broker: TestBroker;
beforeAll(async () => (broker = await testBroker({ tiersMs: TIERS_MS, services: SERVICES })));
afterEach(stopServices);
afterAll(() => broker.close());

const CAUSE = '01980000-0000-7000-8000-00000000cafe';
let made = 0;
const wireOf = (contract: Contract, n: number, more = {}): WireMessage =>
  encode(contract({ n }), {
    id: `01980000-0000-7000-8000-${String(++made).padStart(12, '0')}`,
    time: new Date().toISOString(),
    correlationId: 'a-request',
    source: 'probe',
    ...more,
  });
describe('a message of a process to itself', () => {
  it('is handled without the broker, as the message that it would be', async () => {
    const seen: Message[] = [];
    const { server } = await startService(broker, [
      handles(Do, async (message) => {
        seen.push(message);
        return { n: 0 };
      }),
      handles(Delivered, async (message) => void seen.push(message), { queue: 'deliveries' }),
    ]);
    const wires = [wireOf(Do, 1, { causationId: CAUSE, traceparent: '00-a-b-01' }), wireOf(Delivered, 2)];
    onTestFinished(() => void vi.restoreAllMocks());
    const publish = vi.spyOn(Publisher.prototype, 'publish');
    expect(await Promise.all(wires.map((wire) => server.handleHere(wire)))).toEqual([true, true]);
    expect(publish).not.toHaveBeenCalled();
    expect(seen).toMatchObject([
      {
        id: wires[0]!.properties.messageId,
        type: 'probe.do',
        data: { n: 1 },
        causationId: CAUSE,
        traceparent: '00-a-b-01',
      },
      { id: wires[1]!.properties.messageId, type: 'delivery.probe', data: { n: 2 }, correlationId: 'a-request' },
    ]);
  });

  it('is answered to the caller of the message that it continues', async () => {
    const { server } = await startService(broker, [handles(Do, async ({ data: { n } }) => ({ n: n + 1 }))]);
    const channel = await broker.connection.createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await server.handleHere(wireOf(Do, 41, { reply: { to: queue, id: 'r-1' } }));
    await eventually(async () => {
      const reply = await channel.get(queue, { noAck: true });
      expect(reply && [reply.properties.correlationId, reply.content.toString()]).toEqual(['r-1', '{"n":42}']);
    });
  });

  it('is left to the broker when it is a fact, for another service, or for a bounded queue', async () => {
    const { server } = await startService(broker, [
      handles(Happened, async () => undefined),
      handles(Bounded, async () => undefined, { queue: 'claims' }),
    ]);
    for (const contract of [Happened, Bounded, Nowhere]) expect(server.handleHere(wireOf(contract, 1))).toBeUndefined();
  });

  it('is tried no more often at once than the prefetch allows, also beside messages of the broker', async () => {
    let [now, most, done] = [0, 0, 0];
    const handler = async () => {
      most = Math.max(most, ++now);
      await pause(20);
      [now, done] = [now - 1, done + 1];
      return { n: 0 };
    };
    for (let n = 0; n < 6; n++) await publish(broker, Do, { n });
    const { server } = await startService(broker, [handles(Do, handler, { prefetch: 3 })]);
    const own = Array.from({ length: 6 }, (_, n) => server.handleHere(wireOf(Do, n)));
    expect(await Promise.all(own)).toEqual(Array(6).fill(true));
    await eventually(() => expect(done).toBe(12));
    expect(most).toBe(3);
  });

  it('that fails is retried by the queue and charged once; a hopeless one is a dead letter at once', async () => {
    const tries: number[] = [];
    const { server } = await startService(broker, [
      handles(Do, async ({ data: { n } }) => {
        tries.push(n);
        if (n === 7) throw new PermanentError('never');
        if (tries.filter((tried) => tried === n).length === 1) throw new Error('not yet');
        return { n };
      }),
    ]);
    const [retried, hopeless] = [wireOf(Do, 6), wireOf(Do, 7)];
    expect(await server.handleHere(retried)).toBe(true);
    expect(await server.handleHere(hopeless)).toBe(true);
    await eventually(() => expect(tries).toEqual([6, 7, 6]));
    const [letter, ...others] = await eventually(async () => {
      const letters = await deadLetters(broker, 'probe.commands');
      expect(letters).toHaveLength(1);
      return letters;
    });
    expect(others).toEqual([]);
    expect(letter!.properties.messageId).toBe(hopeless.properties.messageId);
    expect(letter!.headers).toMatchObject({ attempts: 1, 'original-routing-key': 'probe.do' });
  });

  it('that fails by the environment is held uncharged, and tried again no sooner than the environment allows', async () => {
    const tries: number[] = [];
    const { server } = await startService(broker, [
      handles(Do, async ({ data: { n } }) => {
        tries.push(performance.now());
        if (tries.length < 2) throw new UnavailableError('wait', { dependency: 'sick-own', retryAfterMs: 600 });
        dependencies.succeeded('sick-own');
        return { n };
      }),
    ]);
    expect(await server.handleHere(wireOf(Do, 1))).toBe(true);
    expect(tries).toHaveLength(2);
    expect(tries[1]! - tries[0]!).toBeGreaterThan(590);
  });

  it('must be published while the queue is paused; those that paused it are handled when it resumes', async () => {
    let fails = true;
    const { server } = await startService(broker, [
      handles(Do, async ({ data: { n } }) => {
        if (fails) throw new UnavailableError('no answer', { dependency: 'sick-own' });
        dependencies.succeeded('sick-own');
        return { n };
      }),
    ]);
    const own = [1, 2, 3].map((n) => server.handleHere(wireOf(Do, n)));
    await eventually(() => expect(server.paused).toEqual(['probe.commands']));
    expect(await server.handleHere(wireOf(Do, 4))).toBe(false);
    fails = false;
    expect(await Promise.all(own)).toEqual([true, true, true]);
    expect(server.paused).toEqual([]);
  });

  it('is published by its process when the channel of its queue closes meanwhile, and settles nothing on the next', async () => {
    let finish = (): void => {};
    const { server } = await startService(broker, [
      handles(Do, async ({ data: { n } }) => {
        if (n === 1) await new Promise<void>((resolve) => (finish = resolve));
        return { n };
      }),
    ]);
    const own = server.handleHere(wireOf(Do, 1));
    await broker.management.closeConnectionsNamed('probe consumes', 1);
    expect(await own).toBe(false);
    await eventually(async () => expect(await server.handleHere(wireOf(Do, 2))).toBe(true));
    finish();
    await publish(broker, Do, { n: 3 });
    await eventually(async () => expect(await depth(broker, 'probe.commands')).toBe(0));
    expect(await server.handleHere(wireOf(Do, 4))).toBe(true);
  });

  it('must be published when the consumer has stopped', async () => {
    const { server } = await startService(broker, [handles(Do, async ({ data: { n } }) => ({ n }))]);
    await stopServices();
    expect(await server.handleHere(wireOf(Do, 1))).toBe(false);
  });
});
