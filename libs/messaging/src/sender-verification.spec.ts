import { randomUUID } from 'node:crypto';
import {
  EXCHANGES,
  CancelOrder,
  GetOrder,
  PayableOpened,
  PaymentCaptured,
  PaymentRefunded,
  StockReserved,
  type Contract,
} from '@sluice/contracts';
import {
  deadLetters,
  depth,
  eventually,
  createServiceUsers,
  publish,
  testBroker,
  type TestBroker,
  type MessageOverrides,
} from '@sluice/testing';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { register } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MessageClient } from './client.js';
import { countLetters, redrive } from './dead-letters/index.js';
import { Publisher } from './publisher.js';
import { SenderVerification } from './sender-verification.js';
import { handles, startService, stopServices, TIERS_MS } from './testing/probe.js';

const QUEUE = 'orders.events';
let broker: TestBroker;
let urls: Record<string, string>;
const connections = new Map<string, ChannelModel>();
const seen: string[] = [];

beforeAll(async () => {
  broker = await testBroker({ tiersMs: TIERS_MS });
  urls = await createServiceUsers(broker);
  for (const service of ['payments', 'notifications', 'orders', 'gateway'])
    connections.set(service, await connect(urls[service]!));
});
beforeEach(async () => {
  register.resetMetrics();
  seen.length = 0;
  const channel = await broker.connection.createChannel();
  for (const queue of [QUEUE, `${QUEUE}.dead`, 'orders.commands', 'orders.commands.dead'])
    await channel.purgeQueue(queue);
  await channel.close();
});
afterEach(stopServices);
afterAll(async () => {
  for (const connection of connections.values()) await connection.close();
  await broker.close();
});

const userOf = (service: string): string => broker.userOf(service);
const captured = () => ({
  orderId: randomUUID(),
  userId: randomUUID(),
  paymentId: randomUUID(),
  amount: { amount: 100, currency: 'EUR' },
  version: 1,
});

/** Published over a connection of that service's user. */
function publishAs(
  service: string,
  contract: Contract,
  data: unknown,
  { properties, ...wire }: MessageOverrides = {},
): Promise<string> {
  return publish({ connection: connections.get(service)! }, contract, data, {
    ...wire,
    properties: { userId: userOf(service), ...properties },
  });
}

/** Published directly into another service's queue. */
const past = { exchange: '', routingKey: QUEUE };
const note = async ({ id }: { id: string }): Promise<void> => void seen.push(id);
const HANDLED = [PaymentCaptured, PaymentRefunded, PayableOpened, StockReserved].map((contract) =>
  handles(contract, note),
);

const orders = (handled = HANDLED, options: { acceptAnonymous?: boolean; url?: string } = {}) =>
  startService({ url: urls['orders']! }, handled, { service: 'orders', ...options });
const open = (connection: ChannelModel) => async (): Promise<ConfirmChannel> =>
  (await connection.createConfirmChannel()).on('error', () => undefined);
const own = () => new SenderVerification({ url: urls['orders']!, service: 'orders' });

const counted = async (name: string): Promise<string[]> =>
  (await register.getSingleMetricAsString(name)).split('\n').filter((line) => line.startsWith(`${name}{`));
const REFUSED = 'sluice_messages_refused_total';

async function isRefused(id: string, reason: RegExp): Promise<void> {
  await eventually(async () =>
    expect((await deadLetters(broker, QUEUE)).map(({ properties }) => String(properties.messageId))).toEqual([id]),
  );
  const [letter] = await deadLetters(broker, QUEUE);
  expect(letter!.headers).toMatchObject({ attempts: 1, reason: expect.stringMatching(reason) as string });
  expect(seen).not.toContain(id);
}

describe('a message from an allowed sender', () => {
  it('is handled, also when the consuming service has republished it after a failure', async () => {
    let fails = 2;
    await orders([
      handles(PaymentCaptured, async (message) => (fails-- > 0 ? Promise.reject(new Error('not yet')) : note(message))),
    ]);
    const id = await publishAs('payments', PaymentCaptured, captured());
    await eventually(() => expect(seen).toEqual([id]));
    expect(await depth(broker, `${QUEUE}.dead`)).toBe(0);
  });

  it.each(['its service', 'an administrator'])('is handled when %s redrives its dead letter', async (by) => {
    let broken = true;
    await orders([
      handles(PaymentCaptured, async (message) => (broken ? Promise.reject(new TypeError('a fault')) : note(message))),
    ]);
    const id = await publishAs('payments', PaymentCaptured, captured());
    await eventually(async () => expect(await countLetters(open(broker.connection), QUEUE)).toBe(1));
    broken = false;
    expect(await sentHomeBy(by)).toBe(1);
    await eventually(() => expect(seen).toEqual([id]));
  });

  it('is handled after its service returned it to the queue, as in a shutdown', async () => {
    const senders = own();
    const message = {
      properties: { userId: userOf('payments') },
      fields: { exchange: 'shop.events', routingKey: PaymentCaptured.type, redelivered: false },
      content: Buffer.of(),
    };
    await publishAs('orders', PaymentCaptured, captured(), { ...past, headers: senders.headersFor(message) });
    await orders();
    await eventually(() => expect(seen).toHaveLength(1));
  });
});

const sentHomeBy = (by: string): Promise<number> =>
  by === 'its service'
    ? redrive(open(connections.get('orders')!), QUEUE, {}, own())
    : redrive(open(broker.connection), QUEUE, {}, broker.operator('orders'));

describe('an administrator', () => {
  const asAdministrator = (contract: Contract, data: unknown, queue: string, headers = {}) =>
    publish(broker, contract, data, { exchange: EXCHANGES.operator, routingKey: queue, headers });

  it('may send a query directly to its queue', async () => {
    await orders([handles(GetOrder, note)]);
    const id = await asAdministrator(GetOrder, { orderId: randomUUID(), userId: randomUUID() }, 'orders.queries');
    await eventually(() => expect(seen).toEqual([id]));
  });

  it('may not send a fact of a service', async () => {
    await orders();
    const id = await asAdministrator(PaymentCaptured, captured(), QUEUE);
    await isRefused(id, /^SenderError: no user is named as the sender of payment\.captured/);
  });

  it('may not send a query in the name of a service that may not', async () => {
    await orders([handles(GetOrder, note), ...HANDLED]);
    const other = { 'sent-by': userOf('payments') };
    const data = { orderId: randomUUID(), userId: randomUUID() };
    const refused = await asAdministrator(GetOrder, data, 'orders.queries', other);
    const id = await asAdministrator(GetOrder, data, 'orders.queries');
    await eventually(() => expect(seen).toEqual([id]));
    expect(seen).not.toContain(refused);
  });
});

describe('a message from another sender', () => {
  it('is a dead letter at once, with the reason, and is counted', async () => {
    await orders();
    const id = await publishAs('notifications', PaymentCaptured, captured(), past);
    await isRefused(id, /^SenderError: the broker's user .*\.notifications may not send payment\.captured$/);
    expect(await counted(REFUSED)).toEqual([`${REFUSED}{queue="${QUEUE}",type="payment.captured",fault="sender"} 1`]);
  });

  it('cannot name the owner as its sender: the broker refuses that', async () => {
    const publisher = await open(connections.get('notifications')!)();
    const closed = new Promise<Error>((resolve) => publisher.once('error', resolve));
    publisher.publish('', QUEUE, Buffer.from('{}'), { type: PaymentCaptured.type, userId: userOf('payments') });
    expect((await closed).message).toContain('PRECONDITION_FAILED');
  });

  it('is refused whatever its headers name, also as a redriven dead letter', async () => {
    await orders();
    const headers = {
      'sent-by': userOf('payments'),
      attempts: 3,
      reason: 'Error: the database was away',
      'original-exchange': 'shop.events',
    };
    const id = await publishAs('notifications', PaymentCaptured, captured(), {
      exchange: 'shop.dead',
      headers,
      routingKey: QUEUE,
    });
    for (const by of ['its service', 'an administrator']) {
      expect(await sentHomeBy(by)).toBe(1);
      await isRefused(id, /notifications may not send payment\.captured/);
    }
  });

  it('is refused when it names no sender, or accepted and counted with acceptAnonymous', async () => {
    await orders();
    const id = await publishAs('payments', PaymentCaptured, captured(), { properties: { userId: undefined } });
    await isRefused(
      id,
      /^SenderError: no user is named as the sender of payment\.captured.*ANONYMOUS_MESSAGES=accepted/,
    );
    await stopServices();
    await orders(HANDLED, { acceptAnonymous: true });
    expect(await sentHomeBy('its service')).toBe(1);
    await eventually(() => expect(seen).toEqual([id]));
    expect(await counted('sluice_messages_anonymous_total')).toEqual([
      `sluice_messages_anonymous_total{queue="${QUEUE}",type="payment.captured"} 1`,
    ]);
    await isRefused(await publishAs('notifications', PaymentCaptured, captured(), past), /notifications may not send/);
  });

  it('is refused when its owner bypasses its exchange for one consumer, or uses another routing key', async () => {
    await orders();
    await isRefused(
      await publishAs('payments', PaymentCaptured, captured(), past),
      /^SenderError: payment\.captured came by the default exchange under the key "orders\.events"/,
    );
    const channel = await broker.connection.createChannel();
    await channel.purgeQueue(`${QUEUE}.dead`);
    await isRefused(
      await publishAs('payments', PaymentRefunded, captured(), { routingKey: PayableOpened.type }),
      /came by shop\.events under the key "payable\.opened"/,
    );
    await channel.close();
  });

  it('that is a request is answered 403, and dead-lettered when it is durable', async () => {
    await orders([handles(CancelOrder, note as never), handles(GetOrder, note as never)]);
    const channel = await open(connections.get('orders')!)();
    const answers: number[] = [];
    await channel.consume(
      'amq.rabbitmq.reply-to',
      (answer) => answer && answers.push((JSON.parse(answer.content.toString()) as { status: number }).status),
      { noAck: true },
    );
    for (const contract of [CancelOrder, GetOrder]) {
      const about = { version: 1, time: new Date().toISOString(), 'correlation-id': 'c', 'timeout-ms': 5_000 };
      channel.publish(EXCHANGES.commands, contract.type, Buffer.from('{}'), {
        messageId: randomUUID(),
        type: contract.type,
        userId: userOf('orders'),
        replyTo: 'amq.rabbitmq.reply-to',
        correlationId: 'c',
        headers: about,
      });
    }
    await eventually(() => expect(answers).toEqual([403, 403]));
    expect((await deadLetters(broker, 'orders.commands')).map(({ properties }) => String(properties.type))).toEqual([
      CancelOrder.type,
    ]);
    expect(seen).toEqual([]);
  });
});

describe('an answer', () => {
  it('is accepted only from the owner of its request', async () => {
    const stranger = await open(connections.get('notifications')!)();
    await orders([
      handles(GetOrder, (async ({ reply }: { reply: { to: string; id: string } }) => {
        stranger.publish('', reply.to, Buffer.from('{"type":"about:blank","title":"No","status":404}'), {
          type: 'answer',
          correlationId: reply.id,
          contentType: 'application/problem+json',
          userId: userOf('notifications'),
        });
        await stranger.waitForConfirms();
        throw new TypeError('a fault of its owner');
      }) as never),
    ]);
    const client = new MessageClient({ url: urls['gateway']!, source: 'gateway' });
    await eventually(() => expect(client.publisher.ready).toBe(true));
    await expect(
      client.request(GetOrder, { orderId: randomUUID(), userId: randomUUID() }, { deadlineMs: 5_000 }),
    ).rejects.toMatchObject({ problem: { status: 500 } });
    await client.close();
  });
});

describe('with one user for all services', () => {
  it('senders are neither set nor checked, and an earlier sender header does no harm', async () => {
    let fails = 1;
    await orders(
      [
        handles(PaymentCaptured, async (message) =>
          fails-- > 0 ? Promise.reject(new Error('not yet')) : note(message),
        ),
      ],
      { url: broker.url },
    );
    const id = await publishAs('payments', PaymentCaptured, captured());
    await eventually(() => expect(seen).toEqual([id]));
    expect(new SenderVerification({ url: broker.url, service: 'orders' }).user).toBeUndefined();
  });

  it('a publisher replaces the user-id of a republished message', async () => {
    const publisher = new Publisher({ url: urls['orders']!, user: userOf('orders') });
    await publisher.publish({
      exchange: 'shop.dead',
      routingKey: QUEUE,
      mandatory: true,
      body: '{}',
      properties: { userId: userOf('payments'), headers: {} },
    });
    await publisher.close();
    expect((await deadLetters(broker, QUEUE)).map(({ properties }) => String(properties.userId))).toEqual([
      userOf('orders'),
    ]);
  });
});
