import { InboxFilled, OrderPlaced, OrderShipped, TokensRevoked } from '@sluice/contracts';
import { eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { listenTo, type OpenEventSource } from '../testing/event-source.js';
import { ANN, BOB, call, startGateway, tokenOf } from '../testing/gateway.js';
import { NotificationsPeer } from '../testing/peers.js';
import { startPeer, type Peer } from '../testing/start-peer.js';

/** Longer than any test here runs: with it as interval, a stream receives entries by facts alone. */
const NEVER_MS = '600000';

let broker: TestBroker;
let notifications: Peer<NotificationsPeer>;
/** `listening` receives facts and does not poll; `polling` also reads every 100 ms. */
let listening: Gateway;
let polling: Gateway;
let [ann, bob] = ['', ''];
const opened: OpenEventSource[] = [];

const start = async (settings: Record<string, string>): Promise<Gateway> => {
  const gateway = await startGateway({ AMQP_URL: broker.url, REPLY_TIMEOUT_MS: '300', ...settings });
  await gateway.app.listen(0, '127.0.0.1');
  await eventually(async () => expect(await call(gateway, 'GET', '/readyz')).toMatchObject({ status: 200 }));
  return gateway;
};

beforeAll(async () => {
  broker = await testBroker();
  notifications = await startPeer(broker, 'notifications', NotificationsPeer);
  [listening, polling] = await Promise.all([start({ INBOX_REFRESH_MS: NEVER_MS }), start({ INBOX_REFRESH_MS: '100' })]);
  [ann, bob] = await Promise.all([tokenOf(ANN), tokenOf(BOB)]);
  await eventually(async () =>
    expect(
      (await broker.management.get<{ source: string }[]>(`bindings/${broker.vhost}`)).filter(
        ({ source }) => source === 'shop.live',
      ),
    ).toHaveLength(2),
  );
});
beforeEach(() => {
  notifications.peer.inboxes.clear();
  notifications.peer.reads.length = 0;
});
afterEach(() => {
  for (const stream of opened.splice(0)) stream.cut();
});
afterAll(async () => {
  await Promise.all([listening?.stop(), polling?.stop()]);
  await notifications?.stop();
  await broker?.close();
});

const follow = async ({
  gateway = listening,
  as = ann,
  lastEventId,
}: { gateway?: Gateway; as?: string; lastEventId?: string | number } = {}): Promise<OpenEventSource> => {
  const stream = await listenTo(gateway, '/me/stream', { as, ...(lastEventId !== undefined && { lastEventId }) });
  opened.push(stream);
  return stream;
};
const add = (userId: string, ...texts: string[]): void =>
  void notifications.peer.inboxes.set(userId, [...(notifications.peer.inboxes.get(userId) ?? []), ...texts]);
const numbered = (count: number): string[] => Array.from({ length: count }, (_, n) => `Entry ${n + 1}`);
const idsOf = (stream: OpenEventSource): number[] => stream.events().map(({ id }) => Number(id));
const received = (stream: OpenEventSource, ids: number[]): Promise<void> =>
  eventually(() => expect(idsOf(stream)).toEqual(ids));
const from = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, n) => first + n);

describe('the stream of an inbox', () => {
  it('sends the newest entries first, and then each one that notifications has announced', async () => {
    add(ANN, ...numbered(25));
    const stream = await follow();
    expect(stream).toMatchObject({ status: 200, headers: { 'content-type': 'text/event-stream' } });
    await received(stream, from(6, 25));
    expect(stream.events()[0]).toEqual({
      ...{ id: '6', event: 'notification' },
      data: { id: ANN, at: expect.any(String), text: 'Entry 6', about: 'products/TEA' },
    });
    add(ANN, 'Tea is back.');
    await publish(broker, InboxFilled, { userIds: [BOB, ANN] });
    await received(stream, from(6, 26));
  });

  it('finds the entry of a fact about the person, which is recorded some time after the fact', async () => {
    const stream = await follow();
    await eventually(() => expect(notifications.peer.reads).toHaveLength(1));
    await publish(broker, OrderShipped, { orderId: ANN, userId: ANN, version: 3 });
    await eventually(() => expect(notifications.peer.reads.length).toBeGreaterThan(2));
    add(ANN, 'It is on its way.');
    await received(stream, [1]);
  });

  it('does not read for facts that put nothing into the inbox, or that are about others', async () => {
    const [mine, theirs] = [await follow(), await follow({ as: bob })];
    await eventually(() => expect(notifications.peer.reads).toHaveLength(2));
    const total = { amount: 1, currency: 'EUR' };
    await publish(broker, OrderPlaced, { orderId: ANN, userId: ANN, version: 1, lines: [], subtotal: total });
    add(BOB, 'Bob’s own.');
    await publish(broker, InboxFilled, { userIds: [BOB] });
    await received(theirs, [1]);
    expect(idsOf(mine)).toEqual([]);
    expect(notifications.peer.reads.filter(({ userId }) => userId === ANN)).toHaveLength(1);
  });

  it('resumes after a disconnect with all that was missed, however much, without gaps or repeats', async () => {
    add(ANN, 'Entry 1');
    const first = await follow();
    await received(first, [1]);
    first.cut();
    add(ANN, ...numbered(250));
    const second = await follow({ lastEventId: 1 });
    await received(second, from(2, 251));
    add(ANN, 'One more.');
    await publish(broker, InboxFilled, { userIds: [ANN] });
    await received(second, from(2, 252));
  });

  it('sends an entry without a fact', async () => {
    const stream = await follow({ gateway: polling });
    add(ANN, 'Entry 1');
    await received(stream, [1]);
  });

  it('reads nothing while nothing is missing: all inboxes are asked about in one query', async () => {
    add(ANN, 'Entry 1');
    const streams = await Promise.all([ann, ann, bob].map((as) => follow({ gateway: polling, as })));
    await received(streams[0]!, [1]);
    const { reads, checks } = notifications.peer;
    const readsBefore = reads.length;
    await eventually(() => expect(notifications.peer.checks).toBeGreaterThan(checks + 5));
    expect(reads).toHaveLength(readsBefore);
  });

  it('loses nothing when the connection for facts breaks', async () => {
    const stream = await follow();
    await broker.management.closeConnectionsNamed('gateway listens', 2);
    add(ANN, 'Entry 1');
    await received(stream, [1]);
  });

  it('opens while notifications is down, and sends what was missed when it is back', async () => {
    await notifications.stop();
    const stream = await follow({ gateway: polling, lastEventId: 1 });
    expect(stream).toMatchObject({ status: 200 });
    // The gateway asks as soon as somebody answers: the entries must be there before.
    class WithEntries extends NotificationsPeer {
      override readonly inboxes = new Map([[ANN, ['Entry 1', 'Entry 2']]]);
    }
    notifications = await startPeer(broker, 'notifications', WithEntries);
    await received(stream, [2]);
  });

  it.each(['', '-1', 'last', '2', '2147483647'])('is 400 after the event "%s", which it never sent', async (id) => {
    add(ANN, 'Entry 1');
    expect(await follow({ lastEventId: id })).toMatchObject({ status: 400 });
  });

  it('ends when the token is revoked, and needs one', async () => {
    const stream = await follow({ as: await tokenOf(ANN, { epoch: 1 }) });
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    await publish(broker, TokensRevoked, { userId: ANN, minEpoch: 2, expiresAt, version: 1 });
    expect(await stream.ended).toBe(true);
    expect(await follow({ as: 'a.b.c' })).toMatchObject({ status: 401 });
  });
});
