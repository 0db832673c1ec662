import { OrderAwaitingPayment } from '@sluice/contracts';
import { eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { ANN, BOB, call, order, startGateway, tokenOf } from '../testing/gateway.js';
import { OrdersPeer } from '../testing/orders-peer.js';
import { PaymentsPeer } from '../testing/peers.js';
import { startPeer, type Peer } from '../testing/start-peer.js';

let broker: TestBroker;
let gateway: Gateway;
let ann: string;
let bob: string;
let orders: Peer<OrdersPeer>;

beforeAll(async () => {
  broker = await testBroker();
  gateway = await startGateway({ AMQP_URL: broker.url });
  orders = await startPeer(broker, 'orders', OrdersPeer);
  await eventually(async () => expect(await call(gateway, 'GET', '/readyz')).toMatchObject({ status: 200 }));
  [ann, bob] = await Promise.all([tokenOf(ANN), tokenOf(BOB)]);
});
afterAll(async () => {
  await gateway.stop();
  await orders.stop();
  await broker.close();
});

const UNKNOWN = '5555555555554444';
const pay = (card: string, id = ANN) => call(gateway, 'POST', `/orders/${id}/payment`, { as: ann, body: { card } });

it('a payment is 202 with the order’s URL while payments is down, for any card', async () => {
  const accepted = { status: 202, body: { status: 'pending' }, headers: { location: `/orders/${ANN}` } };
  expect(await Promise.all(['4242424242424242', UNKNOWN].map((card) => pay(card)))).toMatchObject([accepted, accepted]);
});

describe('payments', () => {
  let peer: Peer<PaymentsPeer>;
  let payments: PaymentsPeer;
  beforeAll(async () => {
    peer = await startPeer(broker, 'payments', PaymentsPeer);
    payments = peer.peer;
    payments.payable = ANN;
  });
  afterAll(() => peer.stop());

  it('that arrived while payments was down are made or counted once it is back', () =>
    eventually(() => expect([payments.tokens, payments.refused]).toEqual([['tok_fake_4242'], [ANN]])));

  it('are 200 captured, 402 declined, 202 pending', async () => {
    expect(await pay('4242424242424242')).toMatchObject({ status: 200, body: { status: 'captured' } });
    expect(await pay('4000000000000002')).toMatchObject({ status: 402, body: { status: 402 } });
    expect(await pay('4000000000000119')).toMatchObject({ status: 202, body: { status: 'pending' } });
  });

  it('are 409 for an order that cannot be paid, and 404 for an order of another user', async () => {
    const mine = await call(gateway, 'POST', '/orders', { as: ann, body: order() });
    const notMine = await call(gateway, 'POST', '/orders', { as: bob, body: order() });
    expect(await pay('4242424242424242', String(mine.body['id']))).toMatchObject({
      status: 409,
      body: { detail: 'The order is pending.' },
    });
    expect(await pay('4242424242424242', String(notMine.body['id']))).toMatchObject({ status: 404 });
    expect(await pay('4242424242424242', BOB)).toMatchObject({ status: 404 });
  });

  it('are 409 before the stock of the order is held, though its payable is open', async () => {
    const { body } = await call(gateway, 'POST', '/orders', { as: ann, body: order() });
    const id = String(body['id']);
    const { length } = payments.tokens;
    payments.payable = id;
    expect(await pay('4242424242424242', id)).toMatchObject({ status: 409, body: { detail: 'The order is pending.' } });
    expect(payments.tokens).toHaveLength(length);
    orders.peer.change(id, 'awaiting_payment');
    expect(await pay('4242424242424242', id)).toMatchObject({ status: 200 });
    payments.payable = ANN;
  });

  it('are 422 with a card that the card gateway refuses, which payments counts', async () => {
    expect(await pay(UNKNOWN)).toMatchObject({ status: 422, body: { title: 'Unknown card' } });
    expect(payments.refused).toEqual([ANN, ANN]);
  });

  it('do not reveal whether a card exists where nothing is to be paid, or after too many failed cards', async () => {
    const { length } = payments.tokens;
    expect(await Promise.all(['4242424242424242', UNKNOWN].map((card) => pay(card, BOB)))).toMatchObject([
      { status: 404 },
      { status: 404 },
    ]);
    payments.blocked = ANN;
    for (const card of ['4242424242424242', '4000000000000002', UNKNOWN])
      expect(await pay(card)).toMatchObject({
        status: 429,
        headers: { 'retry-after': '321' },
        body: { title: 'Too many failed cards' },
      });
    payments.blocked = undefined;
    expect([payments.tokens.length, payments.refused]).toEqual([length, [ANN, ANN]]);
  });

  it('ask nothing before the first payment of an order that the gateway has seen become payable', async () => {
    const questionsOf = async (card: string): Promise<number> => {
      const before = payments.asked.length;
      await pay(card);
      return payments.asked.length - before;
    };
    // A fact may arrive after the payment that follows it.
    const seenPayable = (expected: () => Promise<void>): Promise<void> =>
      eventually(async () => {
        await publish(broker, OrderAwaitingPayment, {
          ...{ orderId: ANN, userId: ANN, version: 2, total: { amount: 500, currency: 'EUR' } },
          payBy: '2026-11-21T12:30:00Z',
        });
        await expected();
      });
    await seenPayable(async () => expect(await questionsOf('4242424242424242')).toBe(0));
    expect(await questionsOf('4242424242424242')).toBe(1);
    const { length } = payments.refused;
    await seenPayable(async () => expect(await questionsOf('4000000000000002')).toBe(0));
    expect(await questionsOf(UNKNOWN)).toBe(1);
    expect(payments.refused).toHaveLength(length + 1);
  });

  it('carry a token and never the number of the card', () => {
    expect(new Set(payments.tokens)).toEqual(new Set(['tok_fake_4242', 'tok_fake_0002', 'tok_fake_0119']));
  });
});
