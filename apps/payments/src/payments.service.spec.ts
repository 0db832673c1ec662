import { randomUUID } from 'node:crypto';
import {
  CapturePayment,
  ClosePayable,
  GetPayable,
  OrderPriced,
  OrderRejected,
  Pay,
  PayableOpened,
  PayableVoided,
  PaymentDeclined,
  RefundPayment,
  RefuseCard,
} from '@sluice/contracts';
import type { Service } from '@sluice/service-kit';
import { deadLetters, eventually, publish } from '@sluice/testing';
import * as testing from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problem, total, useShop, type Order } from './testing/shop.js';

const shop = useShop<testing.TestBroker>(testing);
const { start, payable, pay, payAsOf, capturesOf, captured, refunded, cancel } = shop;

describe('with the fake card gateway', () => {
  let service: Service;
  beforeAll(async () => {
    service = await start();
  });
  afterAll(() => service?.stop());

  it('captures the money once and replies to the payer', async () => {
    const order = await payable();
    expect(await pay(order, 'tok_fake_4242')).toEqual({ status: 'captured' });
    const [fact] = await eventually(() => captured(order.orderId, 1));
    const [capture] = await capturesOf(order.orderId);
    expect(fact).toEqual({ ...order, paymentId: capture.id, amount: total, version: 3 });
    expect(capture).toEqual({ id: capture.id, status: 'captured', gateway_reference: `fake_${order.orderId}:1` });
    await expect(pay(order, 'tok_fake_4242')).rejects.toMatchObject(problem(409));
    expect(await capturesOf(order.orderId)).toHaveLength(1);
  });

  it('replies 402 to a declined card, and captures the money from the next one under another key', async () => {
    const order = await payable();
    await expect(pay(order, 'tok_fake_0002')).rejects.toMatchObject(problem(402));
    await eventually(() => shop.received.of(PaymentDeclined, ({ orderId }) => orderId === order.orderId, 1));
    expect(await pay(order, 'tok_fake_4242')).toEqual({ status: 'captured' });
    const captures = await capturesOf(order.orderId);
    expect(captures.map(({ status }) => status as string)).toEqual(['declined', 'captured']);
    expect(captures[0].id).not.toBe(captures[1].id);
  });

  it('retries while the gateway does not reply until the money is captured, once', async () => {
    const order = await payable();
    const paying = pay(order, 'tok_fake_0119');
    await eventually(async () => expect(await capturesOf(order.orderId)).toMatchObject([{ status: 'pending' }]));
    expect(await pay(order, 'tok_fake_4242')).toEqual({ status: 'pending' });
    expect(await paying).toEqual({ status: 'captured' });
    await eventually(() => captured(order.orderId, 1));
    expect(await capturesOf(order.orderId)).toHaveLength(1);
  });

  it('refuses payments for the order of another user, and before the order is payable', async () => {
    const order = await payable();
    await expect(pay({ ...order, userId: randomUUID() }, 'tok_fake_4242')).rejects.toMatchObject(problem(404));
    await expect(pay({ ...order, orderId: randomUUID() }, 'tok_fake_4242')).rejects.toMatchObject(problem(404));
    expect(await capturesOf(order.orderId)).toEqual([]);
  });

  it('opens the payable of an order that says its total as it is placed, and closes it when the order is rejected', async () => {
    const [paid, unpaid] = [await payable(), await payable()];
    expect(await pay(paid, 'tok_fake_4242')).toEqual({ status: 'captured' });
    for (const order of [paid, unpaid])
      await publish(shop.broker, OrderRejected, {
        ...{ ...order, version: 2, lines: [], allocation: [] },
        reason: 'out_of_stock',
      });
    await eventually(() => shop.refunded(paid.orderId, 1));
    await eventually(() => shop.received.of(PayableVoided, ({ orderId }) => orderId === unpaid.orderId, 1));
    for (const order of [paid, unpaid]) await expect(pay(order, 'tok_fake_4242')).rejects.toMatchObject(problem(409));
  });

  it('captures the money once though each message is delivered twice', async () => {
    const order = { orderId: randomUUID(), userId: randomUUID() };
    const [pricedId, payId, captureId] = [randomUUID(), randomUUID(), randomUUID()];
    for (const id of [pricedId, pricedId, randomUUID()])
      await publish(shop.broker, OrderPriced, { ...order, total, version: 2 }, { properties: { messageId: id } });
    await eventually(() => shop.received.of(PayableOpened, ({ orderId }) => orderId === order.orderId, 1));
    for (const id of [payId, payId])
      await publish(shop.broker, Pay, { ...order, cardToken: 'tok_fake_4242' }, { properties: { messageId: id } });
    await eventually(() => captured(order.orderId, 1));
    for (const id of [captureId, captureId])
      await publish(
        shop.broker,
        CapturePayment,
        { orderId: order.orderId, captureId: payId },
        { properties: { messageId: id } },
      );
    const last = await payable();
    expect(await pay(last, 'tok_fake_4242')).toEqual({ status: 'captured' });
    expect(await capturesOf(order.orderId)).toEqual([
      { id: payId, status: 'captured', gateway_reference: `fake_${order.orderId}:1` },
    ]);
    expect(captured(order.orderId, 1)).toHaveLength(1);
    // One for each message id of the price: its reply may have been lost.
    expect(shop.received.of(PayableOpened, ({ orderId }) => orderId === order.orderId)).toHaveLength(2);
    expect(await deadLetters(shop.broker, 'payments.captures')).toEqual([]);
  });

  it('records a decline without a waiting caller, and makes no dead letter', async () => {
    const order = await payable();
    await publish(shop.broker, Pay, { ...order, cardToken: 'tok_fake_0002' });
    await eventually(() => shop.received.of(PaymentDeclined, ({ orderId }) => orderId === order.orderId, 1));
    expect(await pay(order, 'tok_fake_4242')).toEqual({ status: 'captured' });
    expect(await deadLetters(shop.broker, 'payments.captures')).toEqual([]);
  });

  it('refuses payments for a cancelled order, also when its price arrives after the cancellation', async () => {
    const [open, unknown] = [await payable(), { orderId: randomUUID(), userId: randomUUID() }];
    await cancel(open);
    await cancel(unknown);
    await eventually(() => shop.received.of(PayableVoided, ({ orderId }) => orderId === open.orderId, 1));
    await eventually(() => expect(pay(unknown, 'tok_fake_4242')).rejects.toMatchObject(problem(409)));
    await publish(shop.broker, OrderPriced, { ...unknown, total, version: 2 });
    await payable();
    for (const order of [open, unknown]) await expect(pay(order, 'tok_fake_4242')).rejects.toMatchObject(problem(409));
    expect(shop.received.of(PayableOpened, ({ orderId }) => orderId === unknown.orderId)).toEqual([]);
  });

  it('accepts a payment requested before the end of the window, though it is handled after it, and no later one', async () => {
    const [inTime, late] = [await payable(60), await payable(60)];
    const { rows } = await shop.database.pool.query(
      `UPDATE payables SET pay_by = now() - interval '1 minute' WHERE order_id = ANY($1)
       RETURNING pay_by - interval '1 ms' AS before, pay_by AS end`,
      [[inTime.orderId, late.orderId]],
    );
    await expect(payAsOf(late, rows[0].end.toISOString())).rejects.toMatchObject({
      problem: { status: 409, title: 'Too late to pay' },
    });
    await expect(pay(late, 'tok_fake_4242')).rejects.toMatchObject(problem(409));
    expect(await payAsOf(inTime, rows[0].before.toISOString())).toEqual({ status: 'captured' });
    for (const { orderId } of [inTime, late]) await publish(shop.broker, ClosePayable, { orderId });
    await eventually(() => shop.received.of(PayableVoided, ({ orderId }) => orderId === late.orderId, 1));
    expect(await capturesOf(late.orderId)).toEqual([]);
    expect((await capturesOf(inTime.orderId)).map(({ status }) => status as string)).toEqual(['captured']);
    expect(shop.received.of(PayableVoided, ({ orderId }) => orderId === inTime.orderId)).toEqual([]);
  });

  it('refunds the money of a cancelled order once, though each message is delivered twice', async () => {
    const order = await payable();
    await pay(order, 'tok_fake_4242');
    const [{ id: captureId }] = await capturesOf(order.orderId);
    await cancel(order);
    await eventually(() => refunded(order.orderId, 1));
    await cancel(order);
    const [fact, again] = await eventually(() => refunded(order.orderId, 2));
    expect(again).toEqual(fact);
    expect(fact).toEqual({ ...order, paymentId: captureId, amount: total, version: 5 });
    await publish(shop.broker, RefundPayment, { orderId: order.orderId, captureId });
    const last = await payable();
    expect(await pay(last, 'tok_fake_4242')).toEqual({ status: 'captured' });
    expect(await capturesOf(order.orderId)).toEqual([
      { id: captureId, status: 'refunded', gateway_reference: `fake_${order.orderId}:1` },
    ]);
    refunded(order.orderId, 2);
    await expect(pay(order, 'tok_fake_4242')).rejects.toMatchObject(problem(409));
    expect(await deadLetters(shop.broker, 'payments.captures')).toEqual([]);
  });
});

describe('card numbers that an attacker tries', () => {
  const LIMITS = { CARD_FAILURES_PER_ORDER: '3', CARD_FAILURES_PER_USER: '5', CARD_FAILURES_WINDOW_SECONDS: '6' };
  const payableOf = (order: Order) => shop.request(GetPayable, order);
  const unknown = (order: Order) =>
    shop.request(RefuseCard, order).then(
      () => 0,
      (error: { problem: { status: number } }) => error.problem.status,
    );

  it('are refused after a few, counted over all processes and restarts, until the window is over; then a good card pays', async () => {
    const services = await Promise.all([start(LIMITS), start(LIMITS)]);
    const [order, second] = [await payable(), await payable()];
    const sameUser = { ...second, userId: order.userId };
    expect(await payableOf(order)).toEqual({ status: 'open' });
    await expect(payableOf(sameUser)).rejects.toMatchObject(problem(404));
    await expect(pay(order, 'tok_fake_0002')).rejects.toMatchObject(problem(402));
    const began = Date.now();
    const answers = await Promise.all(Array.from({ length: 10 }, () => unknown(order)));
    expect(answers.sort()).toEqual([422, 422, ...Array(8).fill(429)]);
    await Promise.all(services.map((service) => service.stop()));
    const again = await start(LIMITS);
    const tooMany = { problem: { status: 429, retryAfter: expect.any(Number) } };
    await expect(payableOf(order)).rejects.toMatchObject(tooMany);
    for (const card of ['tok_fake_4242', 'tok_fake_0002'])
      await expect(pay(order, card)).rejects.toMatchObject(tooMany);
    expect(await payableOf(second)).toEqual({ status: 'open' });
    expect(await eventually(() => pay(order, 'tok_fake_4242'))).toEqual({ status: 'captured' });
    expect(Date.now() - began).toBeGreaterThan(5_000);
    expect((await capturesOf(order.orderId)).map(({ status }) => status as string)).toEqual(['declined', 'captured']);
    await again.stop();
  });
});

it('does not start in production with the fake card gateway', async () => {
  await expect(start({ NODE_ENV: 'production' })).rejects.toThrow('CARD_GATEWAY_URL');
});
