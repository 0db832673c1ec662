import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CapturePayment, OrderCancelled, OrderPriced, Pay, PayableOpened, PayableVoided, PaymentCaptured, PaymentDeclined, PaymentRefunded, RefundPayment } from '@sluice/contracts';
import { MessageClient, redrive } from '@sluice/messaging';
import { type Service, startService } from '@sluice/service-kit';
import { deadLetters, eventually, facts, type Facts, publish, type TestBroker, testBroker, type TestDatabase, testDatabase } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PaymentsConfig } from './config.js';
import { PaymentsModule } from './payments.module.js';

let broker: TestBroker;
let database: TestDatabase;
let client: MessageClient;
let heard: Facts;

const start = (environment: Record<string, string> = {}): Promise<Service> =>
  startService(
    { name: 'payments', module: PaymentsModule, config: PaymentsConfig, database: true },
    { DATABASE_URL: database.url, AMQP_URL: broker.url, RETRY_TIERS_MS: '100,200', LOG_LEVEL: 'silent', ...environment },
  );

beforeAll(async () => {
  [broker, database] = await Promise.all([testBroker({ tiersMs: [100, 200] }), testDatabase('payments')]);
  heard = await facts(broker);
  client = new MessageClient({ url: broker.url, source: 'spec' });
  await eventually(() => expect(client.publisher.ready).toBe(true));
});

afterAll(async () => {
  await client?.close();
  await Promise.all([broker?.close(), database?.close()]);
});

const total = { amount: 4_200, currency: 'USD' };

async function payable(): Promise<{ orderId: string; userId: string }> {
  const order = { orderId: randomUUID(), userId: randomUUID() };
  await publish(broker, OrderPriced, { ...order, total, version: 2 });
  await eventually(() => heard.of(PayableOpened, ({ orderId }) => orderId === order.orderId, 1));
  return order;
}

const pay = (order: { orderId: string; userId: string }, cardToken: string) => client.request(Pay, { ...order, cardToken }, { deadlineMs: 10_000 });
const capturesOf = async (orderId: string) => (await database.pool.query('SELECT id, status, gateway_reference FROM captures WHERE order_id = $1 ORDER BY requested_at', [orderId])).rows;
const captured = (of: string, count: number) => heard.of(PaymentCaptured, ({ orderId }) => orderId === of, count);
const refunded = (of: string, count: number) => heard.of(PaymentRefunded, ({ orderId }) => orderId === of, count);
const cancel = (order: { orderId: string; userId: string }) => publish(broker, OrderCancelled, { ...order, version: 5, lines: [], allocation: [], reason: 'customer' });
const problem = (status: number) => ({ problem: { status } });

describe('with the fake card gateway', () => {
  let service: Service;
  beforeAll(async () => {
    service = await start();
  });
  afterAll(() => service?.stop());

  it('takes the money once and answers the payer', async () => {
    const order = await payable();
    expect(await pay(order, 'tok_fake_4242')).toEqual({ status: 'captured' });
    const [fact] = await eventually(() => captured(order.orderId, 1));
    const [capture] = await capturesOf(order.orderId);
    expect(fact).toEqual({ ...order, paymentId: capture.id, amount: total, version: 3 });
    expect(capture).toEqual({ id: capture.id, status: 'captured', gateway_reference: `fake_${capture.id}` });
    await expect(pay(order, 'tok_fake_4242')).rejects.toMatchObject(problem(409));
    expect(await capturesOf(order.orderId)).toHaveLength(1);
  });

  it('answers 402 to a declined card, and takes the money from the next one under another key', async () => {
    const order = await payable();
    await expect(pay(order, 'tok_fake_0002')).rejects.toMatchObject(problem(402));
    await eventually(() => heard.of(PaymentDeclined, ({ orderId }) => orderId === order.orderId, 1));
    expect(await pay(order, 'tok_fake_4242')).toEqual({ status: 'captured' });
    const captures = await capturesOf(order.orderId);
    expect(captures.map(({ status }) => status as string)).toEqual(['declined', 'captured']);
    expect(captures[0].id).not.toBe(captures[1].id);
  });

  it('goes on after the gateway’s silence until the money is there, once', async () => {
    const order = await payable();
    const paying = pay(order, 'tok_fake_0119');
    await eventually(async () => expect(await capturesOf(order.orderId)).toMatchObject([{ status: 'pending' }]));
    expect(await pay(order, 'tok_fake_4242')).toEqual({ status: 'pending' });
    expect(await paying).toEqual({ status: 'captured' });
    await eventually(() => captured(order.orderId, 1));
    expect(await capturesOf(order.orderId)).toHaveLength(1);
  });

  it('lets nobody pay what is not theirs or not payable yet', async () => {
    const order = await payable();
    await expect(pay({ ...order, userId: randomUUID() }, 'tok_fake_4242')).rejects.toMatchObject(problem(404));
    await expect(pay({ ...order, orderId: randomUUID() }, 'tok_fake_4242')).rejects.toMatchObject(problem(404));
    expect(await capturesOf(order.orderId)).toEqual([]);
  });

  it('takes the money once though each message comes twice', async () => {
    const order = { orderId: randomUUID(), userId: randomUUID() };
    const [pricedId, payId, captureId] = [randomUUID(), randomUUID(), randomUUID()];
    for (const id of [pricedId, pricedId, randomUUID()]) await publish(broker, OrderPriced, { ...order, total, version: 2 }, { properties: { messageId: id } });
    await eventually(() => heard.of(PayableOpened, ({ orderId }) => orderId === order.orderId, 1));
    for (const id of [payId, payId]) await publish(broker, Pay, { ...order, cardToken: 'tok_fake_4242' }, { properties: { messageId: id } });
    await eventually(() => captured(order.orderId, 1));
    for (const id of [captureId, captureId]) await publish(broker, CapturePayment, { orderId: order.orderId, captureId: payId }, { properties: { messageId: id } });
    const last = await payable();
    expect(await pay(last, 'tok_fake_4242')).toEqual({ status: 'captured' });
    expect(await capturesOf(order.orderId)).toEqual([{ id: payId, status: 'captured', gateway_reference: `fake_${payId}` }]);
    expect(captured(order.orderId, 1)).toHaveLength(1);
    expect(heard.of(PayableOpened, ({ orderId }) => orderId === order.orderId)).toHaveLength(1);
    expect(await deadLetters(broker, 'payments.captures')).toEqual([]);
  });

  it('records a decline that nobody waits for, without a dead letter', async () => {
    const order = await payable();
    await publish(broker, Pay, { ...order, cardToken: 'tok_fake_0002' });
    await eventually(() => heard.of(PaymentDeclined, ({ orderId }) => orderId === order.orderId, 1));
    expect(await pay(order, 'tok_fake_4242')).toEqual({ status: 'captured' });
    expect(await deadLetters(broker, 'payments.captures')).toEqual([]);
  });

  it('lets nobody pay a cancelled order, also when its price arrives after the cancellation', async () => {
    const [open, unknown] = [await payable(), { orderId: randomUUID(), userId: randomUUID() }];
    await cancel(open);
    await cancel(unknown);
    await eventually(() => heard.of(PayableVoided, ({ orderId }) => orderId === open.orderId, 1));
    await eventually(() => expect(pay(unknown, 'tok_fake_4242')).rejects.toMatchObject(problem(409)));
    await publish(broker, OrderPriced, { ...unknown, total, version: 2 });
    await payable();
    for (const order of [open, unknown]) await expect(pay(order, 'tok_fake_4242')).rejects.toMatchObject(problem(409));
    expect(heard.of(PayableOpened, ({ orderId }) => orderId === unknown.orderId)).toEqual([]);
  });

  it('gives the money of a cancelled order back once, though each message comes twice', async () => {
    const order = await payable();
    await pay(order, 'tok_fake_4242');
    const [{ id: captureId }] = await capturesOf(order.orderId);
    await cancel(order);
    await cancel(order);
    const [fact] = await eventually(() => refunded(order.orderId, 1));
    expect(fact).toEqual({ ...order, paymentId: captureId, amount: total, version: 5 });
    await publish(broker, RefundPayment, { orderId: order.orderId, captureId });
    const last = await payable();
    expect(await pay(last, 'tok_fake_4242')).toEqual({ status: 'captured' });
    expect(await capturesOf(order.orderId)).toEqual([{ id: captureId, status: 'refunded', gateway_reference: `fake_${captureId}` }]);
    refunded(order.orderId, 1);
    await expect(pay(order, 'tok_fake_4242')).rejects.toMatchObject(problem(409));
    expect(await deadLetters(broker, 'payments.captures')).toEqual([]);
  });
});

describe('with a card gateway over HTTP', () => {
  let service: Service;
  let gateway: Server;
  const asked: { url: string; key: string }[] = [];
  const keysOf = (url: string) => asked.filter((request) => request.url === url).map(({ key }) => key);
  /** How many requests are refused before one is answered. */
  let refusals = Infinity;
  /** Answers wait for it. */
  let thinking: Promise<void> = Promise.resolve();

  beforeAll(async () => {
    gateway = createServer(async (request, response) => {
      asked.push({ url: String(request.url), key: String(request.headers['idempotency-key']) });
      request.resume();
      await thinking;
      if (refusals-- > 0) response.writeHead(503).end();
      else response.end('{"id":"ch_1"}');
    });
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    service = await start({ CARD_GATEWAY_URL: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}` });
  });
  afterAll(async () => {
    await service?.stop();
    gateway?.close();
  });

  it('keeps a capture that outlives all retries as a dead letter, and asks again under the same key', async () => {
    const order = await payable();
    await publish(broker, Pay, { ...order, cardToken: 'tok_live' });
    const [letter] = await eventually(async () => {
      const letters = await deadLetters(broker, 'payments.captures');
      expect(letters).toHaveLength(1);
      return letters;
    });
    expect(JSON.stringify(letter)).toContain('the card gateway answered 503');
    const [{ id: captureId }] = await capturesOf(order.orderId);
    refusals = 0;
    await database.pool.query("UPDATE payables SET capturing_since = capturing_since - interval '1 minute' WHERE order_id = $1", [order.orderId]);
    expect(await pay(order, 'tok_live')).toEqual({ status: 'captured' });
    expect(keysOf('/captures')).toEqual(Array(4).fill(captureId));
    await eventually(() => captured(order.orderId, 1));
  });

  it('asks again for a refund under the same key while the gateway is silent', async () => {
    refusals = 0;
    const order = await payable();
    await pay(order, 'tok_live');
    const [{ id: captureId }] = await capturesOf(order.orderId);
    refusals = 2;
    await cancel(order);
    await eventually(() => refunded(order.orderId, 1));
    expect(keysOf('/refunds')).toEqual(Array(3).fill(`${captureId}:refund`));
  });

  it('gives the money back that arrives after the cancellation, and tells the waiting payer', async () => {
    refusals = 0;
    let answer = (): void => {};
    thinking = new Promise((resolve) => (answer = resolve));
    const order = await payable();
    const paying = pay(order, 'tok_live').catch((error: unknown) => error);
    await eventually(async () => expect(await capturesOf(order.orderId)).toMatchObject([{ status: 'pending' }]));
    await cancel(order);
    await eventually(() => heard.of(PayableVoided, ({ orderId }) => orderId === order.orderId, 1));
    answer();
    expect(await paying).toMatchObject(problem(409));
    await eventually(() => refunded(order.orderId, 1));
    captured(order.orderId, 1);
    expect(await capturesOf(order.orderId)).toMatchObject([{ status: 'refunded' }]);
  });

  it('takes the money of a cancelled order and gives it back, once, when its capture is redriven from the dead letters, twice', async () => {
    thinking = Promise.resolve();
    refusals = Infinity;
    const order = await payable();
    await publish(broker, Pay, { ...order, cardToken: 'tok_live' });
    const id = await eventually(async () => {
      const letter = (await deadLetters(broker, 'payments.captures')).find(({ body }) => body.includes(order.orderId));
      expect(letter).toBeDefined();
      return String(letter!.properties.messageId);
    });
    await cancel(order);
    await eventually(() => heard.of(PayableVoided, ({ orderId }) => orderId === order.orderId, 1));
    expect(await capturesOf(order.orderId)).toMatchObject([{ status: 'pending' }]);

    refusals = 0;
    const open = () => broker.connection.createConfirmChannel();
    const dying = async () => Object.assign(await open(), { ack: () => { throw new Error('power cut'); } });
    await expect(redrive(dying, 'payments.captures', { id })).rejects.toThrow('power cut');
    expect(await redrive(open, 'payments.captures', { id })).toBe(1);

    await eventually(() => refunded(order.orderId, 1));
    const last = await payable();
    expect(await pay(last, 'tok_live')).toEqual({ status: 'captured' });
    const [{ id: captureId }] = await capturesOf(order.orderId);
    expect(await capturesOf(order.orderId)).toMatchObject([{ status: 'refunded' }]);
    captured(order.orderId, 1);
    refunded(order.orderId, 1);
    expect(asked.filter(({ key }) => key === `${captureId}:refund`)).toHaveLength(1);
    expect((await deadLetters(broker, 'payments.captures')).filter(({ body }) => body.includes(order.orderId))).toEqual([]);
  });
});

it('does not start in production with the fake card gateway', async () => {
  await expect(start({ NODE_ENV: 'production' })).rejects.toThrow('CARD_GATEWAY_URL');
});
