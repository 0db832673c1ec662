import { Controller } from '@nestjs/common';
import {
  AccountRegistered,
  AlertWatchers,
  FindFilledInboxes,
  GetInboxEntries,
  ListNotifications,
  type Message,
  type Reply,
  UnwatchProduct,
  WatchProduct,
} from '@sluice/contracts';
import { dependencies, On, PermanentError } from '@sluice/messaging';
import { depth, eventually, createServiceUsers, publish, testBroker, type TestBroker } from '@sluice/testing';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { ANN, BOB, call, startGateway, tokenOf } from '../testing/gateway.js';
import { startPeer, type Peer } from '../testing/start-peer.js';

/** A service with a fault that the test can repair. */
@Controller()
class FaultyPeer {
  broken = true;
  readonly greeted: string[] = [];

  @On(AccountRegistered)
  async greet({ data: { userId } }: Message<typeof AccountRegistered>): Promise<void> {
    if (this.broken) throw new PermanentError('no greeting for password=hunter2');
    this.greeted.push(userId);
  }

  @On(ListNotifications)
  async list(): Promise<Reply<typeof ListNotifications>> {
    return { items: [] };
  }

  @On(GetInboxEntries)
  async entries(): Promise<Reply<typeof GetInboxEntries>> {
    return { items: [], last: 0 };
  }

  @On(FindFilledInboxes)
  async filled(): Promise<Reply<typeof FindFilledInboxes>> {
    return { filled: [] };
  }

  @On(WatchProduct)
  async watch(): Promise<void> {}

  @On(UnwatchProduct)
  async unwatch(): Promise<void> {}

  @On(AlertWatchers)
  async alert(): Promise<void> {}
}

let broker: TestBroker;
let gateway: Gateway;
let notifications: Peer<FaultyPeer>;
let admin: string;
beforeAll(async () => {
  broker = await testBroker();
  const urls = await createServiceUsers(broker);
  notifications = await startPeer({ url: urls['notifications']! }, 'notifications', FaultyPeer);
  gateway = await startGateway({ AMQP_URL: urls['gateway']! });
  admin = await tokenOf(ANN, { role: 'admin' });
});
afterAll(async () => {
  await gateway?.stop();
  await notifications?.stop();
  await broker?.close();
});

const QUEUE = 'notifications.events';
const redrive = (queue: string, body?: object, as = admin) =>
  call(gateway, 'POST', `/ops/dead-letters/${queue}/redrive`, { as, body });
const discard = (queue: string, ids: unknown, as = admin) =>
  call(gateway, 'POST', `/ops/dead-letters/${queue}/discard`, { as, body: { ids } });
const register = (): Promise<string> =>
  publish(
    broker,
    AccountRegistered,
    { userId: v7(), phone: '+15550000001', name: 'Ann', code: '123456', version: 1 },
    { as: 'accounts' },
  );
const ofQueue = (body: Record<string, unknown>, name = QUEUE) =>
  (body['queues'] as { queue: string; letters: object[] }[]).find(({ queue }) => queue === name);

describe('operations', () => {
  it('are for admins', async () => {
    const customer = await tokenOf(BOB);
    const requests = [
      call(gateway, 'GET', '/ops/queues', { as: customer }),
      call(gateway, 'GET', '/ops/dead-letters', { as: customer }),
      redrive(QUEUE, undefined, customer),
      discard(QUEUE, ['1'], customer),
      call(gateway, 'GET', '/ops/queues'),
    ];
    expect((await Promise.all(requests)).map(({ status }) => status)).toEqual([403, 403, 403, 403, 401]);
  });

  it('list the queues of services that reply, and name the others', async () => {
    const { status, body } = await eventually(async () => {
      const answer = await call(gateway, 'GET', '/ops/queues', { as: admin });
      expect(answer.status).toBe(200);
      return answer;
    });
    expect(status).toBe(200);
    expect(ofQueue(body)).toEqual({ queue: QUEUE, messages: 0, consumers: 1, paused: false, held: 0 });
    expect(ofQueue(body, `${QUEUE}.dead`)).toEqual({ queue: `${QUEUE}.dead`, messages: 0, consumers: 0 });
    expect(body['unanswered']).toContain('orders');
    expect(body['unanswered']).not.toContain('notifications');
  });

  it('list which dependency is sick, of which service, since when and why', async () => {
    dependencies.broken('sms', 'it answered 503');
    try {
      const { body } = await call(gateway, 'GET', '/ops/queues', { as: admin });
      expect(body['dependencies']).toContainEqual({
        service: 'notifications',
        name: 'sms',
        state: 'sick',
        since: expect.stringMatching(/Z$/),
        because: 'it answered 503',
      });
    } finally {
      dependencies.succeeded('sms');
    }
  });

  it('show why a message was dead-lettered, without its content, and redrive it after a repair', async () => {
    const ids = [await register(), await register(), await register()];
    await eventually(async () => expect(await depth(broker, `${QUEUE}.dead`)).toBe(3));

    const { body } = await call(gateway, 'GET', '/ops/dead-letters?limit=2', { as: admin });
    const { letters, ...rest } = ofQueue(body)!;
    expect(rest).toEqual({ queue: QUEUE, count: 3 });
    expect(letters).toHaveLength(2);
    const reason = 'PermanentError: no greeting for password=[secret]';
    expect(letters[0]).toMatchObject({
      id: ids[0],
      type: 'account.registered',
      reason,
      attempts: 1,
      redriven: 0,
      history: [{ at: expect.any(String), reason }],
      originalExchange: 'shop.events',
    });
    expect(JSON.stringify(body)).not.toMatch(/hunter2|123456|5550000001/);
    await eventually(async () => expect(await depth(broker, `${QUEUE}.dead`)).toBe(3));

    notifications.peer.broken = false;
    expect(await redrive(QUEUE, { limit: 1 })).toMatchObject({ status: 202, body: { moved: 1, left: 2 } });
    expect(await redrive(QUEUE)).toMatchObject({ status: 202, body: { moved: 2, left: 0 } });
    await eventually(() => expect(notifications.peer.greeted).toHaveLength(3));
    expect(await redrive(QUEUE)).toMatchObject({ status: 202, body: { moved: 0, left: 0 } });
  });

  it('discard the letters that are named, and no others', async () => {
    notifications.peer.broken = true;
    const [gone, kept] = [await register(), await register()];
    await eventually(async () => expect(await depth(broker, `${QUEUE}.dead`)).toBe(2));
    expect(await discard(QUEUE, [gone, v7()])).toMatchObject({ status: 200, body: { discarded: 1, left: 1 } });
    expect(await discard(QUEUE, [gone])).toMatchObject({ status: 200, body: { discarded: 0, left: 1 } });
    const { body } = await call(gateway, 'GET', '/ops/dead-letters', { as: admin });
    expect(ofQueue(body)?.letters).toMatchObject([{ id: kept }]);
    expect(await discard(QUEUE, [kept])).toMatchObject({ body: { discarded: 1, left: 0 } });
  });

  it('refuse a queue without dead letters, and an invalid limit', async () => {
    for (const queue of ['nobody.events', 'notifications.queries', 'notifications.nothing', `${QUEUE}.dead`])
      for (const { status } of [await redrive(queue), await discard(queue, ['1'])]) expect(status, queue).toBe(404);
    expect((await redrive(QUEUE, { limit: 0 })).status).toBe(422);
    for (const ids of [undefined, [], ['']]) expect((await discard(QUEUE, ids)).status).toBe(422);
    expect((await call(gateway, 'GET', '/ops/dead-letters?limit=101', { as: admin })).status).toBe(422);
  });
});
