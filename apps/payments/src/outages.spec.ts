import { json } from 'node:stream/consumers';
import { EXCHANGES, Pay, PayableVoided } from '@sluice/contracts';
import { dependencies, redrive } from '@sluice/messaging';
import type { Service } from '@sluice/service-kit';
import { deadLetters, eventually, httpStub, publish, type HttpStub } from '@sluice/testing';
import * as testing from '@sluice/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { problem, TIERS_MS, useShop } from './testing/shop.js';

/** Bound of the promise that recovery is noticed within 5 s. */
const SOON = { withinMs: 5_000 };

const shop = useShop<testing.TestBroker>(testing);
const { start, payable, pay, capturesOf, captured, refunded, cancel, deadLetterOf } = shop;

describe('with a card gateway over HTTP', () => {
  let service: Service;
  let gateway: HttpStub;
  const requests: { url: string; key: string; at: number }[] = [];
  const keysOf = (url: string) => requests.filter((request) => request.url === url).map(({ key }) => key);
  /** Number of requests that are refused before one succeeds, and the refusal. */
  let refusals = Infinity;
  let refusal: { status: number; headers?: Record<string, string> } = { status: 503 };
  /** Whether the gateway has stopped failing for that one token. */
  let mended = false;
  /** The gateway's replies wait for this promise. */
  let replyDelay: Promise<void> = Promise.resolve();

  beforeAll(async () => {
    gateway = await httpStub(async (request, response) => {
      requests.push({
        url: String(request.url),
        key: String(request.headers['idempotency-key']),
        at: performance.now(),
      });
      const { token } = (await json(request)) as { token?: string };
      await replyDelay;
      if (token === 'tok_breaks_it' && !mended) response.writeHead(500).end();
      else if (refusals-- > 0) response.writeHead(refusal.status, refusal.headers).end();
      else response.end('{"id":"ch_1"}');
    });
    service = await start({ CARD_GATEWAY_URL: gateway.url });
  });
  afterEach(() => {
    [refusals, refusal, replyDelay] = [0, { status: 503 }, Promise.resolve()];
  });
  afterAll(async () => {
    await service?.stop();
    await gateway?.close();
  });

  /** Places this many orders and pays them without waiting for the replies. */
  const paying = async (count: number) => {
    const orders = await Promise.all(Array.from({ length: count }, payable));
    for (const order of orders) await publish(shop.broker, Pay, { ...order, cardToken: 'tok_live' });
    return orders;
  };
  const pendingIds = async (orders: readonly { orderId: string }[]) =>
    eventually(async () => {
      const captures = await Promise.all(orders.map(({ orderId }) => capturesOf(orderId)));
      expect(captures).toMatchObject(orders.map(() => [{ status: 'pending' }]));
      return captures.map(([{ id }]) => id as string);
    });
  const areCaptured = (orders: readonly { orderId: string }[], within = SOON) =>
    eventually(() => orders.forEach(({ orderId }) => captured(orderId, 1)), within);
  /** Counts messages that go through a retry tier of the service from now on. */
  const retries = async () => {
    const channel = await shop.broker.connection.createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    for (const ms of TIERS_MS) await channel.bindQueue(queue, EXCHANGES.retryTier(ms), 'payments.#');
    return async () => (await channel.checkQueue(queue)).messageCount;
  };
  /** Makes the database refuse connections and ends the existing ones, or accept them again. */
  const setDatabase = async (reachable: boolean) => {
    const [url, name] = [new URL(shop.database.url), new URL(shop.database.url).pathname.slice(1)];
    const server = new pg.Client({ connectionString: Object.assign(new URL(url), { pathname: 'postgres' }).href });
    await server.connect();
    await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS ${reachable}`);
    if (!reachable)
      await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    await server.end();
  };

  it('loses no capture and charges none while the gateway is down for long, and captures all the money within 5 s of its return', async () => {
    refusals = Infinity;
    const retried = await retries();
    const orders = await paying(6);
    await pendingIds(orders);
    // Longer than all tiers together.
    await eventually(() => expect(requests.length).toBeGreaterThan(10), { withinMs: 20_000 });
    refusals = 0;
    await areCaptured(orders);
    expect(await retried()).toBe(0);
    expect(await deadLetters(shop.broker, 'payments.captures')).toEqual([]);
    expect(new Set(keysOf('/captures'))).toEqual(new Set(orders.map(({ orderId }) => `${orderId}:1`)));
  });

  it('sends no reply to a payer who waits meanwhile, and replies pending to a payer who tries again', async () => {
    refusals = Infinity;
    const order = await payable();
    const paying = pay(order, 'tok_live', 500);
    await expect(paying).rejects.toMatchObject({ name: 'RequestTimeoutError' });
    expect(await pay(order, 'tok_live')).toEqual({ status: 'pending' });
    refusals = 0;
    await areCaptured([order]);
    expect(await capturesOf(order.orderId)).toHaveLength(1);
  });

  it('makes no call before the time that the gateway requested', async () => {
    const before = requests.length;
    [refusals, refusal] = [1, { status: 429, headers: { 'retry-after': '2' } }];
    await areCaptured(await paying(1));
    const [first, second, ...others] = requests.slice(before);
    expect(second!.at - first!.at).toBeGreaterThan(1_990);
    expect([second!.key, others]).toEqual([first!.key, []]);
  });

  it('dead-letters a capture that fails alone, with its history, at its time limit, and delays no other', async () => {
    const order = await payable();
    await publish(shop.broker, Pay, { ...order, cardToken: 'tok_breaks_it' });
    const letter = await eventually(
      async () => {
        await areCaptured(await paying(1));
        expect(await deadLetterOf(order)).toBeDefined();
        return (await deadLetterOf(order))!;
      },
      { withinMs: 40_000 },
    );
    expect(letter.headers).toMatchObject({
      attempts: 4,
      history: Array(4).fill({
        at: expect.any(String),
        reason: expect.stringContaining('the card gateway answered 500'),
      }),
    });
    expect(await deadLetters(shop.broker, 'payments.captures')).toHaveLength(1);
  }, 60_000);

  it('loses nothing while the database refuses connections, and finishes within 5 s of its return', async () => {
    const cancelled = await paying(4);
    await areCaptured(cancelled);
    [refusals, refusal] = [Infinity, { status: 503, headers: { 'retry-after': '1' } }];
    const orders = await paying(4);
    await pendingIds(orders);
    for (const order of cancelled) await cancel(order);
    await eventually(async () =>
      expect((await shop.database.pool.query("SELECT 1 FROM payables WHERE status = 'refunding'")).rows).toHaveLength(
        4,
      ),
    );
    const retried = await retries();
    await setDatabase(false);
    refusals = 0;
    await eventually(() => expect(dependencies.isSick('database')).toBe(true));
    await setDatabase(true);
    await areCaptured(orders);
    await eventually(() => cancelled.forEach(({ orderId }) => refunded(orderId, 1)), SOON);
    expect(await retried()).toBe(0);
    for (const order of [...orders, ...cancelled]) expect(await deadLetterOf(order)).toBeUndefined();
  });

  it('requests a refund again under the same key while the gateway does not reply', async () => {
    refusals = 0;
    const order = await payable();
    await pay(order, 'tok_live');
    refusals = 2;
    await cancel(order);
    await eventually(() => refunded(order.orderId, 1));
    expect(keysOf('/refunds').filter((key) => key.startsWith(order.orderId))).toEqual(
      Array(3).fill(`${order.orderId}:1:refund`),
    );
  });

  it('refunds money that is captured after the cancellation, and replies to the waiting payer', async () => {
    refusals = 0;
    let answer = (): void => {};
    replyDelay = new Promise((resolve) => (answer = resolve));
    const order = await payable();
    const paying = pay(order, 'tok_live').catch((error: unknown) => error);
    await eventually(async () => expect(await capturesOf(order.orderId)).toMatchObject([{ status: 'pending' }]));
    await cancel(order);
    await eventually(() => shop.received.of(PayableVoided, ({ orderId }) => orderId === order.orderId, 1));
    answer();
    expect(await paying).toMatchObject(problem(409));
    await eventually(() => refunded(order.orderId, 1));
    captured(order.orderId, 1);
    expect(await capturesOf(order.orderId)).toMatchObject([{ status: 'refunded' }]);
  });

  it('captures and refunds the money of a cancelled order once when its capture is redriven twice from the dead letters', async () => {
    const order = await payable();
    await publish(shop.broker, Pay, { ...order, cardToken: 'tok_breaks_it' });
    const id = await eventually(
      async () => {
        await areCaptured(await paying(1));
        const letter = await deadLetterOf(order);
        expect(letter).toBeDefined();
        return String(letter!.properties.messageId);
      },
      { withinMs: 40_000 },
    );
    mended = true;
    await cancel(order);
    await eventually(() => shop.received.of(PayableVoided, ({ orderId }) => orderId === order.orderId, 1));
    expect(await capturesOf(order.orderId)).toMatchObject([{ status: 'pending' }]);

    const open = () => shop.broker.connection.createConfirmChannel();
    const dying = async () =>
      Object.assign(await open(), {
        ack: () => {
          throw new Error('power cut');
        },
      });
    await expect(redrive(dying, 'payments.captures', { id })).rejects.toThrow('power cut');
    expect(await redrive(open, 'payments.captures', { id })).toBe(1);

    await eventually(() => refunded(order.orderId, 1));
    const last = await payable();
    expect(await pay(last, 'tok_live')).toEqual({ status: 'captured' });
    expect(await capturesOf(order.orderId)).toMatchObject([{ status: 'refunded' }]);
    captured(order.orderId, 1);
    refunded(order.orderId, 1);
    expect(requests.filter(({ key }) => key === `${order.orderId}:1:refund`)).toHaveLength(1);
    expect(await deadLetterOf(order)).toBeUndefined();
  }, 60_000);
});
