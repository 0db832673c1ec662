import { randomUUID } from 'node:crypto';
import { OrderPaid, OrderShipped } from '@sluice/contracts';
import { createServiceUsers, eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openControlRoom, PAID, queueIn, type ControlRoom, type SlowPeer } from '../testing/control-room.js';
import { listenTo } from '../testing/event-source.js';
import { BOB, call, tokenOf } from '../testing/gateway.js';
import type { Peer } from '../testing/start-peer.js';

let broker: TestBroker;
let controlRoom: ControlRoom;
let promotions: Peer<SlowPeer> | undefined;
beforeAll(async () => {
  broker = await testBroker();
  controlRoom = await openControlRoom(broker, await createServiceUsers(broker));
});
afterAll(async () => {
  await promotions?.stop();
  await controlRoom?.close();
  await broker?.close();
});

const start = async (): Promise<void> => void (promotions = await controlRoom.startPromotions());
const processes = (name = 'promotions') =>
  controlRoom.last().services.find(({ service }) => service === name)?.processes ?? [];

describe('the stream of the control room', () => {
  it('is for admins', async () => {
    expect((await call(controlRoom.gateway, 'GET', '/ops/stream', { as: await tokenOf(BOB) })).status).toBe(403);
    expect((await call(controlRoom.gateway, 'GET', '/ops/stream')).status).toBe(401);
  });

  it('shows each process within seconds, the gateway too, and one that falls silent as gone within 3 s', async () => {
    await start();
    await eventually(() => expect(processes()).toMatchObject([{ gone: false }]), { withinMs: 10_000 });
    expect(processes('gateway')).toMatchObject([{ gone: false }]);
    await promotions!.stop();
    promotions = undefined;
    const stopped = performance.now();
    await eventually(() => expect(processes()).toMatchObject([{ gone: true }]), { withinMs: 5_000 });
    expect(performance.now() - stopped).toBeLessThan(3_200);
  });

  it('shows how the queue of a service that is gone grows', async () => {
    await controlRoom.publishFor(500, 100);
    await eventually(() => expect(queueIn(controlRoom.last())?.ready).toBe(50), { withinMs: 5_000 });
    await start();
    await eventually(() => expect(queueIn(controlRoom.last())).toMatchObject({ ready: 0, consumers: 2 }), {
      withinMs: 10_000,
    });
  });
});

describe('the facts of the control room', () => {
  it('are those that are said, first the last ones, of the wanted order, without the pulses', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const say = (orderId: string) =>
      publish(broker, OrderShipped, { orderId, userId: randomUUID(), version: 1 }, { as: 'orders' });
    await say(one);
    const listener = await listenTo(controlRoom.gateway, `/ops/facts?pattern=order.*&orderId=${one}`, {
      as: controlRoom.admin,
    });
    await say(other);
    await say(one);
    const facts = () => listener.events().flatMap(({ data }) => data['facts'] as object[]);
    await eventually(() => expect(facts()).toHaveLength(2));
    for (const fact of facts()) expect(fact).toMatchObject({ type: 'order.shipped', data: { orderId: one } });
    listener.cut();
    await publish(broker, OrderPaid, { ...PAID, orderId: other }, { as: 'orders' });
    const paid = await listenTo(controlRoom.gateway, `/ops/facts?pattern=order.paid&orderId=${other}`, {
      as: controlRoom.admin,
    });
    await eventually(() => expect(paid.text()).toContain(other));
    expect(paid.text()).not.toMatch(/Bonn|Ann/);
    paid.cut();
    expect((await call(controlRoom.gateway, 'GET', '/ops/facts', { as: await tokenOf(BOB) })).status).toBe(403);
    expect((await call(controlRoom.gateway, 'GET', '/ops/facts?pattern=..', { as: controlRoom.admin })).status).toBe(
      422,
    );
  });
});
