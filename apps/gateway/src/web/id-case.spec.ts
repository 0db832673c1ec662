import type { Type } from '@nestjs/common';
import { eventually, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { listenTo } from '../testing/event-source.js';
import { ANN, call, order, startGateway, tokenOf } from '../testing/gateway.js';
import { OrdersPeer } from '../testing/orders-peer.js';
import { LogisticsPeer, PaymentsPeer } from '../testing/peers.js';
import { startPeer } from '../testing/start-peer.js';

let broker: TestBroker;
let gateway: Gateway;
let orders: OrdersPeer;
let payments: PaymentsPeer;
let [ann, admin] = ['', ''];
const stops: (() => Promise<void>)[] = [];

const start = async <P>(name: string, controller: Type<P>): Promise<P> => {
  const { peer, stop } = await startPeer(broker, name, controller);
  stops.push(stop);
  return peer;
};

beforeAll(async () => {
  broker = await testBroker();
  gateway = await startGateway({ AMQP_URL: broker.url });
  orders = await start('orders', OrdersPeer);
  payments = await start('payments', PaymentsPeer);
  await start('logistics', LogisticsPeer);
  // The user's own id is also one id in either spelling.
  [ann, admin] = await Promise.all([tokenOf(ANN.toUpperCase()), tokenOf(ANN, { role: 'admin' })]);
  await gateway.app.listen(0, '127.0.0.1');
  await eventually(async () => expect(await call(gateway, 'GET', '/readyz')).toMatchObject({ status: 200 }));
});
afterAll(async () => {
  await gateway.stop();
  for (const stop of stops) await stop();
  await broker.close();
});

async function place(): Promise<{ id: string; capitals: string }> {
  const id = String((await call(gateway, 'POST', '/orders', { as: ann, body: order() })).body['id']);
  return { id, capitals: id.toUpperCase() };
}

describe('an id in capitals is the same id', () => {
  it('of an order that is seen, with its timeline', async () => {
    const { id, capitals } = await place();
    expect(orders.orders.get(id)?.userId).toBe(ANN);
    expect(await call(gateway, 'GET', `/orders/${capitals}`, { as: ann })).toMatchObject({ status: 200, body: { id } });
    expect(await call(gateway, 'GET', `/orders/${capitals}/timeline`, { as: ann })).toMatchObject({ status: 200 });
  });

  it('of an order that is paid', async () => {
    const { id, capitals } = await place();
    payments.payable = id;
    orders.change(id, 'awaiting_payment');
    expect(
      await call(gateway, 'POST', `/orders/${capitals}/payment`, { as: ann, body: { card: '4242424242424242' } }),
    ).toMatchObject({ status: 200 });
    const pending = await call(gateway, 'POST', `/orders/${capitals}/payment`, {
      as: ann,
      body: { card: '4000000000000119' },
    });
    expect(pending).toMatchObject({ status: 202, headers: { location: `/orders/${id}` } });
  });

  it('of an order that is cancelled', async () => {
    const { id, capitals } = await place();
    expect(await call(gateway, 'POST', `/orders/${capitals}/cancellation`, { as: ann })).toMatchObject({
      status: 200,
      body: { id, status: 'cancelled' },
    });
  });

  it('of an order that is followed', async () => {
    const { id, capitals } = await place();
    const stream = await listenTo(gateway, `/orders/${capitals}/stream`, { as: ann });
    await eventually(() => expect(stream.events()).toMatchObject([{ data: { id } }]));
    stream.cut();
  });

  it('of a parcel', async () => {
    const id = ANN.replace('8000', 'abcd');
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/dispatch'],
      ['POST', '/delivery'],
    ] as const) {
      expect(await call(gateway, method, `/parcels/${id.toUpperCase()}${path}`, { as: admin })).toMatchObject({
        status: 200,
        body: { id },
      });
    }
  });
});
