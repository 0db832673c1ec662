import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import {
  AccountRegistered,
  AccountVerified,
  CodeIssued,
  EmailDelivery,
  InboxDelivery,
  ListNotifications,
  OrderAwaitingPayment,
  OrderCancellationRefused,
  OrderCancelled,
  OrderCompleted,
  OrderShipped,
  ProfileChanged,
  SmsDelivery,
} from '@sluice/contracts';
import { MessageClient } from '@sluice/messaging';
import { type Service, startService } from '@sluice/service-kit';
import {
  eventually,
  publish,
  type TestBroker,
  testBroker,
  type TestDatabase,
  testDatabase,
  httpStub,
  type HttpStub,
} from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { NotificationsConfig } from './config.js';
import { NotificationsModule } from './notifications.module.js';
import { deliveryId } from './composition.js';
import { FakeProvider } from './provider.fake.js';

let broker: TestBroker;
let database: TestDatabase;
let client: MessageClient;
/** The calls of the provider that stands for all channels without an address. */
const calls = vi.spyOn(FakeProvider.prototype, 'send');
const textsTo = (phone: string) => calls.mock.calls.map(([text]) => text).filter(({ to }) => to === phone);

const start = (environment: Record<string, string> = {}): Promise<Service> =>
  startService(
    { name: 'notifications', module: NotificationsModule, config: NotificationsConfig, database: true },
    {
      DATABASE_URL: database.url,
      AMQP_URL: broker.url,
      RETRY_TIERS_MS: '100,200',
      LOG_LEVEL: 'silent',
      ...environment,
    },
  );

beforeAll(async () => {
  [broker, database] = await Promise.all([testBroker({ tiersMs: [100, 200] }), testDatabase('notifications')]);
  client = new MessageClient({ url: broker.url, source: 'spec' });
  await eventually(() => expect(client.publisher.ready).toBe(true));
});

afterAll(async () => {
  await client?.close();
  await Promise.all([broker?.close(), database?.close()]);
});

/** Each person has a number of their own, because codes are limited per number and day. */
let numbers = 1_555_000_100;
const person = () => ({ userId: randomUUID(), phone: `+${++numbers}` });
const registered = (someone: { userId: string; phone: string }) => ({
  ...someone,
  name: 'Ann',
  code: '123456',
  version: 1,
});
/** Opens an account and verifies the number. */
async function joins(someone: { userId: string; phone: string }): Promise<void> {
  await publish(broker, AccountRegistered, registered(someone));
  await publish(broker, AccountVerified, { ...someone, version: 2 });
  await eventually(async () =>
    expect(
      (
        await database.pool.query(
          'SELECT FROM recipients WHERE user_id = $1 AND verified_at IS NOT NULL AND name IS NOT NULL',
          [someone.userId],
        )
      ).rowCount,
    ).toBe(1),
  );
}
const about = (userId: string) => ({ orderId: randomUUID(), userId, version: 3 });
const total = { amount: 4_205, currency: 'USD' };

const deliveriesTo = async (userId: string, count: number) =>
  eventually(async () => {
    const { rows } = await database.pool.query(
      `SELECT id, channel, text, status, provider_reference FROM deliveries
       WHERE user_id = $1 ORDER BY channel, created_at`,
      [userId],
    );
    expect(rows).toHaveLength(count);
    return rows;
  });

describe('without providers', () => {
  let service: Service;
  beforeAll(async () => {
    service = await start();
  });
  afterAll(() => service?.stop());

  it('keeps the text message with the code of a new account', async () => {
    const ann = person();
    await publish(broker, AccountRegistered, registered(ann));
    expect(await deliveriesTo(ann.userId, 1)).toMatchObject([
      { channel: 'sms', status: 'kept', provider_reference: null, text: 'A code (1), good for ten minutes.' },
    ]);
  });

  it('stores no code anywhere, whether it is sent, expired or withheld', async () => {
    const [ann, code] = [{ ...person(), phone: '+15550009' }, '271828'];
    for (let n = 1; n <= 11; n++) await publish(broker, CodeIssued, { ...ann, code, version: n });
    await publish(broker, SmsDelivery, {
      id: randomUUID(),
      ...ann,
      about: 'verification',
      text: `Your code is ${code}.`,
      recorded: 'A code (0), good for ten minutes.',
      until: '2026-01-01T12:00:00.000Z',
    });
    const deliveries = await deliveriesTo(ann.userId, 12);
    expect(deliveries.map(({ status }) => status as string).sort()).toEqual([
      'expired',
      ...Array<string>(10).fill('kept'),
      'withheld',
    ]);
    const { rows } = await database.pool.query(
      `SELECT deliveries::text AS row FROM deliveries UNION ALL SELECT texts::text FROM texts
       UNION ALL SELECT recipients::text FROM recipients`,
    );
    expect(rows.filter(({ row }) => (row as string).includes(code))).toEqual([]);
  });

  it('sends only the code to an unverified number, and everything once it is verified', async () => {
    const ann = person();
    await publish(broker, AccountRegistered, registered(ann));
    await deliveriesTo(ann.userId, 1);
    for (let n = 0; n < 10; n++) await publish(broker, OrderShipped, about(ann.userId));
    expect(
      (await deliveriesTo(ann.userId, 21))
        .map(({ channel, status }) => `${channel as string} ${status as string}`)
        .sort(),
    ).toEqual([...Array<string>(10).fill('inbox kept'), 'sms kept', ...Array<string>(10).fill('sms withheld')]);
    expect(textsTo(ann.phone)).toHaveLength(1);
    await publish(broker, AccountVerified, { ...ann, version: 2 });
    await eventually(async () =>
      expect(
        (
          await database.pool.query('SELECT FROM recipients WHERE user_id = $1 AND verified_at IS NOT NULL', [
            ann.userId,
          ])
        ).rowCount,
      ).toBe(1),
    );
    await publish(broker, OrderShipped, about(ann.userId));
    await deliveriesTo(ann.userId, 23);
    expect(textsTo(ann.phone)).toHaveLength(2);
  });

  it('records one delivery per fact, person and channel, though every message is delivered twice, and a fact published again', async () => {
    const ann = person();
    const [registeredId, shippedId] = [randomUUID(), randomUUID()];
    for (const id of [registeredId, registeredId])
      await publish(broker, AccountRegistered, registered(ann), { properties: { messageId: id } });
    await publish(broker, AccountVerified, { ...ann, version: 2 });
    await eventually(async () =>
      expect(
        (
          await database.pool.query('SELECT FROM recipients WHERE user_id = $1 AND verified_at IS NOT NULL', [
            ann.userId,
          ])
        ).rowCount,
      ).toBe(1),
    );
    const order = about(ann.userId);
    for (const id of [shippedId, shippedId, randomUUID()])
      await publish(broker, OrderShipped, order, { properties: { messageId: id } });
    const shipped = `orders/${order.orderId}/${OrderShipped.type}`;
    const deliveries = await deliveriesTo(ann.userId, 3);
    const expected = [
      deliveryId(shipped, ann.userId, 'inbox'),
      deliveryId(registeredId, ann.userId, 'sms'),
      deliveryId(shipped, ann.userId, 'sms'),
    ];
    expect(deliveries.map(({ id }) => id as string).sort()).toEqual(expected.sort());

    const sms = { id: deliveryId(shipped, ann.userId, 'sms'), ...ann, about: 'orders/1', text: 'Shipped' };
    await publish(broker, SmsDelivery, sms);
    await publish(broker, OrderCompleted, { ...about(ann.userId), total });
    expect(await deliveriesTo(ann.userId, 4)).toHaveLength(4);
    expect(textsTo(ann.phone).map(({ id }) => id)).toEqual([deliveryId(registeredId, ann.userId, 'sms'), sms.id]);
  });

  it('fills the inbox before the number arrives, and sends texts after', async () => {
    const ann = person();
    await publish(broker, OrderAwaitingPayment, { ...about(ann.userId), total, payBy: '2026-01-01T12:30:00.000Z' });
    expect(await deliveriesTo(ann.userId, 1)).toMatchObject([{ channel: 'inbox' }]);
    await publish(broker, AccountVerified, { ...ann, version: 2 });
    expect(
      (await deliveriesTo(ann.userId, 2)).map(({ channel, status }) => [channel as string, status as string]),
    ).toEqual([
      ['inbox', 'kept'],
      ['sms', 'kept'],
    ]);
  });

  it('notifies a person once, by text and in the inbox, why their order is cancelled', async () => {
    const ann = person();
    await joins(ann);
    await deliveriesTo(ann.userId, 1);
    const cancelled = { ...about(ann.userId), lines: [], allocation: [], reason: 'payment_timeout' as const };
    const cancelledId = randomUUID();
    for (const id of [cancelledId, cancelledId])
      await publish(broker, OrderCancelled, cancelled, { properties: { messageId: id } });
    await publish(broker, OrderCompleted, { ...about(ann.userId), total });
    const text = `Order ${cancelled.orderId.slice(0, 8)} is cancelled, because it was not paid in time.`;
    const deliveries = await deliveriesTo(ann.userId, 4);
    expect(deliveries.filter((delivery) => delivery.text === text).map(({ channel }) => channel as string)).toEqual([
      'inbox',
      'sms',
    ]);
  });

  it('notifies a person, by text and in the inbox, that their order could not be cancelled any more', async () => {
    const ann = person();
    await joins(ann);
    await deliveriesTo(ann.userId, 1);
    const refused = about(ann.userId);
    await publish(broker, OrderCancellationRefused, refused);
    const text = `Order ${refused.orderId.slice(0, 8)} could not be cancelled any more: it has left.`;
    expect(
      (await deliveriesTo(ann.userId, 3))
        .filter((delivery) => delivery.text === text)
        .map(({ channel }) => channel as string),
    ).toEqual(['inbox', 'sms']);
  });

  it('lists a person’s own inbox, newest first, page by page', async () => {
    const [ann, bob] = [person(), person()];
    await publish(broker, OrderCompleted, { ...about(bob.userId), total });
    const orders: string[] = [];
    for (let each = 0; each < 5; each++) {
      const fact = about(ann.userId);
      orders.unshift(`orders/${fact.orderId}`);
      await publish(broker, OrderCompleted, { ...fact, total });
      await deliveriesTo(ann.userId, each + 1);
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.request(
        ListNotifications,
        { userId: ann.userId, limit: 2, cursor },
        { deadlineMs: 10_000 },
      );
      seen.push(...page.items.map((item) => item.about));
      cursor = page.next;
    } while (cursor);
    expect(seen).toEqual(orders);
    await expect(
      client.request(ListNotifications, { userId: ann.userId, cursor: 'x' }, { deadlineMs: 10_000 }),
    ).rejects.toMatchObject({ problem: { status: 422 } });
  });

  it('puts a fact into the inbox in the commit in which it is handled, without a message to itself', async () => {
    const ann = person();
    const handled = async () => (await database.pool.query('SELECT FROM inbox')).rowCount!;
    const before = await handled();
    await publish(broker, OrderCompleted, { ...about(ann.userId), total });
    const [entry] = await deliveriesTo(ann.userId, 1);
    expect(entry).toMatchObject({ channel: 'inbox', status: 'kept', text: expect.stringContaining('has arrived') });
    await publish(broker, OrderShipped, about(ann.userId));
    await deliveriesTo(ann.userId, 2);
    expect(await handled()).toBe(before + 2);
  });

  it('records an inbox entry of the version before, whose message rests in the queue, once', async () => {
    const entry = { id: randomUUID(), ...person(), about: 'orders/1', text: 'Hello' };
    for (let n = 0; n < 2; n++) await publish(broker, InboxDelivery, entry);
    await publish(broker, OrderCompleted, { ...about(entry.userId), total });
    expect(await deliveriesTo(entry.userId, 2)).toContainEqual(
      expect.objectContaining({ id: entry.id, channel: 'inbox', status: 'kept', text: 'Hello' }),
    );
  });

  it('notifies a person in their language by the channels that they have chosen, from the profile on', async () => {
    const ann = person();
    await joins(ann);
    await deliveriesTo(ann.userId, 1);
    const profile = { userId: ann.userId, email: 'ann@example.org', language: 'zh' as const };
    await publish(broker, ProfileChanged, { ...profile, channels: ['email', 'inbox'], version: 3 });
    await eventually(async () =>
      expect(
        (await database.pool.query(`SELECT FROM recipients WHERE user_id = $1 AND language = 'zh'`, [ann.userId]))
          .rowCount,
      ).toBe(1),
    );
    const order = about(ann.userId);
    await publish(broker, OrderShipped, order);
    const text = `订单 ${order.orderId.slice(0, 8)} 已发货。`;
    expect((await deliveriesTo(ann.userId, 4)).filter((delivery) => delivery.text === text)).toMatchObject([
      { channel: 'email', status: 'kept' },
      { channel: 'inbox', status: 'kept' },
      { channel: 'sms', status: 'withheld' },
    ]);
    expect(textsTo('ann@example.org')).toMatchObject([{ subject: `您的订单 ${order.orderId.slice(0, 8)}`, text }]);
  });

  it('records an e-mail to a person with an address', async () => {
    const ann = person();
    await publish(broker, EmailDelivery, {
      id: randomUUID(),
      userId: ann.userId,
      about: 'x',
      text: 'Hello',
      address: 'ann@example.org',
    });
    expect(await deliveriesTo(ann.userId, 1)).toMatchObject([{ channel: 'email', status: 'kept', text: 'Hello' }]);
  });
});

describe('with an SMS provider over HTTP', () => {
  let service: Service;
  let provider: HttpStub;
  const sent: { key: string; body: unknown }[] = [];

  beforeAll(async () => {
    provider = await httpStub(async (request, response) => {
      const body: unknown = JSON.parse(await text(request));
      sent.push({ key: String(request.headers['idempotency-key']), body });
      if (sent.length === 1) response.writeHead(500).end();
      else response.end('{"id":"SM7"}');
    });
    service = await start({ SMS_PROVIDER_URL: provider.url });
  });
  afterAll(async () => {
    await service?.stop();
    await provider?.close();
  });

  it('sends a text again under the same key until the provider accepts it, and then never again', async () => {
    const ann = person();
    const id = randomUUID();
    await publish(broker, AccountRegistered, registered(ann), { properties: { messageId: id } });
    expect(await deliveriesTo(ann.userId, 1)).toMatchObject([{ status: 'sent', provider_reference: 'SM7' }]);
    const key = deliveryId(id, ann.userId, 'sms');
    await publish(broker, SmsDelivery, { id: key, ...ann, about: 'verification', text: 'Your code again' });
    const bob = person();
    await publish(broker, AccountRegistered, registered(bob));
    await deliveriesTo(bob.userId, 1);
    const request = { key, body: { to: ann.phone, text: 'Your code is 123456. It is good for ten minutes.' } };
    expect(sent.filter((each) => each.key === key)).toEqual([request, request]);
  });
});

it('does not start in production without an SMS provider', async () => {
  await expect(start({ NODE_ENV: 'production' })).rejects.toThrow('SMS_PROVIDER_URL');
});
