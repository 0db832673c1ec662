import { eventually, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { ANN, BOB, call, order, startGateway, tokenOf } from '../testing/gateway.js';
import { OrdersPeer } from '../testing/orders-peer.js';
import { startPeer, type Peer } from '../testing/start-peer.js';

let broker: TestBroker;
let gateway: Gateway;
let orders: Peer<OrdersPeer> | undefined;
let ann: string;
let bob: string;

beforeAll(async () => {
  broker = await testBroker();
  gateway = await startGateway({ AMQP_URL: broker.url });
  await eventually(async () => expect(await call(gateway, 'GET', '/readyz')).toMatchObject({ status: 200 }));
  [ann, bob] = await Promise.all([tokenOf(ANN), tokenOf(BOB)]);
});
afterAll(async () => {
  await gateway.stop();
  await orders?.stop();
  await broker.close();
});

const cancel = (id: string, as = ann, headers: Record<string, string> = {}) =>
  call(gateway, 'POST', `/orders/${id}/cancellation`, { as, headers });
const placed = async (): Promise<string> =>
  String((await call(gateway, 'POST', '/orders', { as: ann, body: order() })).body['id']);

describe('a cancellation', () => {
  it('is accepted with 202 while orders is down, and done once it is back', async () => {
    const { body, status } = await call(gateway, 'POST', '/orders', { as: ann, body: order() });
    const id = String(body['id']);
    const answer = await cancel(id);
    expect([status, answer.status, answer.body]).toEqual([202, 202, { id, status: 'accepted' }]);
    expect(answer.headers['location']).toBe(`/orders/${id}`);
    orders = await startPeer(broker, 'orders', OrdersPeer);
    await eventually(async () =>
      expect(await call(gateway, 'GET', `/orders/${id}`, { as: ann })).toMatchObject({ body: { status: 'cancelled' } }),
    );
  });

  it('is 200 with the cancelled order, and again when it is already cancelled', async () => {
    const id = await placed();
    expect(await cancel(id)).toMatchObject({ status: 200, body: { id, status: 'cancelled' } });
    expect(await cancel(id)).toMatchObject({ status: 200, body: { id, status: 'cancelled' } });
  });

  it('is 202 with the order while its parcels are being halted', async () => {
    const id = await placed();
    orders!.peer.change(id, 'paid');
    const answer = await cancel(id);
    expect(answer).toMatchObject({
      status: 202,
      body: { id, status: 'paid', cancellationRequestedAt: expect.any(String) },
    });
    expect(answer.headers['location']).toBe(`/orders/${id}`);
  });

  it('is 409 when it is too late', async () => {
    const id = await placed();
    orders!.peer.change(id, 'shipped');
    expect(await cancel(id)).toMatchObject({ status: 409, body: { status: 409, title: 'Too late' } });
  });

  it('is 404 for another user’s order and for an unknown one, 401 without a token', async () => {
    const id = await placed();
    expect(await cancel(id, bob)).toMatchObject({ status: 404 });
    expect(await cancel(ANN)).toMatchObject({ status: 404 });
    expect(await cancel('1')).toMatchObject({ status: 404 });
    expect(await call(gateway, 'POST', `/orders/${id}/cancellation`)).toMatchObject({ status: 401 });
  });

  it.each(['application/json', 'application/x-www-form-urlencoded', 'text/plain'])(
    'needs no body, also when %s is named as its type',
    async (type) => {
      expect(await cancel(await placed(), ann, { 'content-type': type, 'content-length': '0' })).toMatchObject({
        status: 200,
      });
    },
  );
});
