import { once } from 'node:events';
import { connect } from 'node:net';
import type { Type } from '@nestjs/common';
import { eventually, testBroker, type TestBroker } from '@sluice/testing';
import { validate, version } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from './gateway.js';
import { ANN, BOB, call, order, startGateway, tokenOf } from './testing/gateway.js';
import { OrdersPeer } from './testing/orders-peer.js';
import { AccountsPeer, InventoryPeer, LogisticsPeer, NotificationsPeer, PromotionsPeer } from './testing/peers.js';
import { startPeer } from './testing/start-peer.js';

let broker: TestBroker;
let gateway: Gateway;
let ann: string;
let bob: string;
let admin: string;
const stops: (() => Promise<void>)[] = [];

const start = async <P>(name: string, controller: Type<P>): Promise<P> => {
  const { peer, stop } = await startPeer(broker, name, controller);
  stops.push(stop);
  return peer;
};

beforeAll(async () => {
  broker = await testBroker();
  gateway = await startGateway({ AMQP_URL: broker.url });
  await eventually(async () => expect(await call(gateway, 'GET', '/readyz')).toMatchObject({ status: 200 }));
  [ann, bob, admin] = await Promise.all([tokenOf(ANN), tokenOf(BOB), tokenOf(BOB, { role: 'admin' })]);
});
afterAll(async () => {
  await gateway.stop();
  for (const stop of stops) await stop();
  await broker.close();
});

/** Number of requests that the gateway's HTTP server has received since this call. */
function countRequests({ app }: Gateway): () => number {
  let seen = 0;
  app.getHttpServer().on('request', () => seen++);
  return () => seen;
}

const place = (key: string, as = ann, body: object = order()) =>
  call(gateway, 'POST', '/orders', { as, body, headers: { 'idempotency-key': key } });

describe('while orders is down', () => {
  it('an order is accepted with 202 under an id that the same key finds again', async () => {
    const first = await place('while-down');
    expect(first).toMatchObject({ status: 202, body: { status: 'accepted' } });
    expect(first.headers['location']).toBe(`/orders/${String(first.body['id'])}`);
    expect(await place('while-down')).toMatchObject({ status: 202, body: { id: first.body['id'] } });
  });

  it('a query is 503 with Retry-After', async () => {
    const answer = await call(gateway, 'GET', '/orders', { as: ann });
    expect(answer).toMatchObject({ status: 503 });
    expect(answer.headers['retry-after']).toBe('1');
  });
});

describe('a gateway that is stopping', () => {
  it('still responds to accepted requests', async () => {
    const draining = await startGateway({ AMQP_URL: broker.url });
    await eventually(async () => expect(await call(draining, 'GET', '/readyz')).toMatchObject({ status: 200 }));
    await draining.app.listen(0, '127.0.0.1');
    const requestsSeen = countRequests(draining);
    const answer = fetch(`${await draining.app.getUrl()}/orders`, {
      method: 'POST',
      body: JSON.stringify(order()),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ann}` },
    });
    await eventually(() => expect(requestsSeen()).toBe(1));
    await draining.stop();
    expect((await answer).status).toBe(202);
  });

  it('does not wait for an idle connection', async () => {
    const draining = await startGateway({ AMQP_URL: broker.url });
    await draining.app.listen(0, '127.0.0.1');
    const { port } = new URL(await draining.app.getUrl());
    const silent = connect(Number(port), '127.0.0.1');
    const ended = once(silent, 'close');
    await once(draining.app.getHttpServer(), 'connection');
    await draining.stop();
    await ended;
  });
});

describe('orders', () => {
  let orders: OrdersPeer;
  beforeAll(async () => {
    orders = await start('orders', OrdersPeer);
  });

  it('placed while orders was down exist once it is back', async () => {
    const answer = await place('while-down');
    expect(answer).toMatchObject({ status: 201, body: { status: 'pending' } });
    expect(orders.orders.has(String(answer.body['id']))).toBe(true);
  });

  it('are answered with 201, the order and its address', async () => {
    const answer = await place('one');
    expect(answer).toMatchObject({ status: 201, body: { status: 'pending', total: { amount: 500, currency: 'EUR' } } });
    const id = String(answer.body['id']);
    expect([validate(id), version(id)]).toEqual([true, 8]);
    expect(answer.headers['location']).toBe(`/orders/${id}`);
    expect(await call(gateway, 'GET', `/orders/${id}`, { as: ann })).toMatchObject({ status: 200, body: { id } });
  });

  it('are the same for the same key, whatever the order of the fields and the surrounding blanks', async () => {
    const body = order();
    const shuffled = {
      address: { ...Object.fromEntries(Object.entries(body.address).reverse()), city: ' Springfield ' },
      lines: body.lines,
    };
    const [first, again] = [await place('same'), await place('same', ann, shuffled)];
    expect(again).toMatchObject({ status: 201, body: { id: first.body['id'] } });
  });

  it('are the same for the same key and the same coupon, however it is spelled', async () => {
    const [first, again] = [
      await place('coupon', ann, { ...order(), coupon: 'RED5' }),
      await place('coupon', ann, { ...order(), coupon: ' red5 ' }),
    ];
    expect(first).toMatchObject({ status: 201, body: { coupon: 'RED5' } });
    expect(again).toMatchObject({ status: 201, body: { id: first.body['id'] } });
    expect(await place('coupon', ann, { ...order(), coupon: 'RED6' })).toMatchObject({ status: 409 });
    expect(await place('coupon')).toMatchObject({ status: 409 });
  });

  it('are the same for the same key in quotes, as in the draft of the IETF', async () => {
    const [first, again] = [await place('in-"quotes"'), await place('"in-\\"quotes\\""')];
    expect(again).toMatchObject({ status: 201, body: { id: first.body['id'] } });
    expect(await place('"in-\\"quotes\\""', ann, order([{ sku: 'TEA', quantity: 9 }]))).toMatchObject({ status: 409 });
    expect((await place('"half')).body['id']).not.toBe((await place('half')).body['id']);
  });

  it('are 409 for the same key with another body', async () => {
    await place('other-body');
    expect(await place('other-body', ann, order([{ sku: 'TEA', quantity: 3 }]))).toMatchObject({
      status: 409,
      body: { status: 409 },
    });
  });

  it('are different ones for different users with the same key, and without a key', async () => {
    const answers = [await place('shared'), await place('shared', bob)];
    for (let n = 0; n < 2; n++) answers.push(await call(gateway, 'POST', '/orders', { as: ann, body: order() }));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(4);
  });

  it('are 422 for an unknown product, with the details from orders', async () => {
    const answer = await place('unknown', ann, order([{ sku: 'UNKNOWN', quantity: 1 }]));
    expect(answer).toMatchObject({ status: 422, body: { title: 'Unknown product', skus: ['UNKNOWN'] } });
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.headers['location']).toBeUndefined();
  });

  it('are 404 for another user, and visible to an admin', async () => {
    const id = String((await place('mine')).body['id']);
    expect(await call(gateway, 'GET', `/orders/${id}`, { as: bob })).toMatchObject({ status: 404 });
    expect(await call(gateway, 'GET', `/orders/${id}`, { as: admin })).toMatchObject({ status: 200 });
    expect(await call(gateway, 'GET', `/orders/${id}/timeline`, { as: ann })).toMatchObject({
      status: 200,
      body: { events: [{ type: 'placed' }] },
    });
  });

  it('are listed for their owner, by status, a page at a time', async () => {
    expect((await call(gateway, 'GET', '/orders?limit=2', { as: ann })).body['items']).toHaveLength(2);
    expect((await call(gateway, 'GET', '/orders?status=paid', { as: ann })).body['items']).toEqual([]);
    expect(await call(gateway, 'GET', '/orders?status=lost', { as: ann })).toMatchObject({ status: 422 });
  });

  it('carry that the phone is verified when the token does', async () => {
    const [known, unknown] = await Promise.all(
      [tokenOf(ANN, { verified: true }), ann].map(async (as) =>
        call(gateway, 'POST', '/orders', { as: await as, body: order() }),
      ),
    );
    expect(orders.verified).toEqual([known!.body['id']]);
    expect([known!.status, unknown!.status]).toEqual([201, 201]);
  });

  it('carry the correlation id of their request', async () => {
    const answer = await call(gateway, 'POST', '/orders', {
      as: ann,
      body: order(),
      headers: { 'x-correlation-id': 'checkout-7' },
    });
    expect(orders.orders.get(String(answer.body['id']))?.correlationId).toBe('checkout-7');
  });
});

describe('users', () => {
  beforeAll(() => start('accounts', AccountsPeer));
  const NEW = { phone: '+15550000001', name: 'Ann', password: 'a password' };

  it('sign up with an id that the gateway generated', async () => {
    const { status, body } = await call(gateway, 'POST', '/users', { body: NEW });
    expect({ status, body }).toEqual({ status: 201, body: { id: expect.any(String), phone: NEW.phone, name: 'Ann' } });
    expect(version(String(body['id']))).toBe(7);
    expect(await call(gateway, 'POST', '/users', { body: { ...NEW, phone: '+15550000009' } })).toMatchObject({
      status: 409,
    });
  });

  it('sign in, or get 401', async () => {
    expect(
      await call(gateway, 'POST', '/sessions', { body: { phone: NEW.phone, password: NEW.password } }),
    ).toMatchObject({ status: 201, body: { token: 't' } });
    expect(await call(gateway, 'POST', '/sessions', { body: { phone: NEW.phone, password: 'wrong' } })).toMatchObject({
      status: 401,
    });
  });

  it('get Retry-After, also where a service does not send it', async () => {
    const answer = await call(gateway, 'POST', '/users/verification', { as: ann, body: { code: '999999' } });
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '60', 'cache-control': 'no-store' } });
  });

  it('verify their phone with 204 and an empty body', async () => {
    expect(await call(gateway, 'POST', '/users/verification', { as: ann, body: { code: '123456' } })).toMatchObject({
      status: 204,
      body: {},
    });
    expect(await call(gateway, 'POST', '/users/verification', { as: ann, body: { code: '000000' } })).toMatchObject({
      status: 422,
    });
    expect(await call(gateway, 'POST', '/users/verification', { body: { code: '123456' } })).toMatchObject({
      status: 401,
    });
  });
});

describe('products', () => {
  beforeAll(() => start('inventory', InventoryPeer));

  it('are visible to everyone', async () => {
    expect(await call(gateway, 'GET', '/products/TEA')).toMatchObject({
      status: 200,
      body: { sku: 'TEA', available: 5 },
    });
    expect(await call(gateway, 'GET', '/products/COFFEE')).toMatchObject({ status: 404 });
    expect(await call(gateway, 'GET', '/products')).toMatchObject({
      status: 200,
      body: { items: [{ name: 'limit 20' }] },
    });
    expect(await call(gateway, 'GET', '/products?limit=5')).toMatchObject({ body: { items: [{ name: 'limit 5' }] } });
  });

  it('are changed and received by an admin', async () => {
    const price = { amount: 100, currency: 'EUR' };
    expect(await call(gateway, 'PUT', '/products/TEA', { as: admin, body: { name: 'Tea', price } })).toMatchObject({
      status: 200,
      body: { sku: 'TEA', price },
    });
    const receipt = { warehouse: 'east', quantity: 7, reference: 'note 1' };
    expect(await call(gateway, 'POST', '/products/TEA/receipts', { as: admin, body: receipt })).toMatchObject({
      status: 201,
      body: { sku: 'TEA', available: 7 },
    });
    expect(
      await call(gateway, 'POST', '/products/TEA/receipts', { as: admin, body: { ...receipt, warehouse: 'north' } }),
    ).toMatchObject({ status: 422 });
  });
});

describe('parcels', () => {
  beforeAll(() => start('logistics', LogisticsPeer));

  it('are dispatched and delivered by an admin, without a body', async () => {
    expect(await call(gateway, 'GET', `/parcels/${ANN}`, { as: admin })).toMatchObject({
      status: 200,
      body: { id: ANN, status: 'preparing' },
    });
    expect(await call(gateway, 'POST', `/parcels/${ANN}/dispatch`, { as: admin })).toMatchObject({
      status: 200,
      body: { status: 'dispatched' },
    });
    expect(await call(gateway, 'POST', `/parcels/${ANN}/delivery`, { as: admin })).toMatchObject({
      status: 200,
      body: { status: 'delivered' },
    });
  });
});

describe('promotions', () => {
  beforeAll(() => start('promotions', PromotionsPeer));
  const coupon = { code: ' welcome10 ', kind: 'percent', value: 10, minTotal: 1_000 };
  const create = (body: object, as = admin) => call(gateway, 'POST', '/coupons', { as, body });

  it('are created by an admin', async () => {
    expect(await create(coupon)).toMatchObject({ status: 201, body: { ...coupon, code: 'WELCOME10', redeemed: 0 } });
    expect(await create({ ...coupon, code: 'taken' })).toMatchObject({ status: 409 });
    expect(await create(coupon, ann)).toMatchObject({ status: 403 });
  });

  it.each([
    { value: 101 },
    { value: 0 },
    { code: 'ten percent' },
    { kind: 'free' },
    { limit: 0 },
    { expiresAt: 'tomorrow' },
  ])('are not created with %o, and the fault is named', async (fault) => {
    expect(await create({ ...coupon, ...fault })).toMatchObject({
      status: 422,
      body: { errors: [{ path: Object.keys(fault)[0] }] },
    });
  });

  it('return a user’s own points', async () => {
    expect(await call(gateway, 'GET', '/me/points', { as: ann })).toMatchObject({ status: 200, body: { points: 12 } });
    expect(await call(gateway, 'GET', '/me/points', { as: bob })).toMatchObject({ status: 200, body: { points: 0 } });
    expect(await call(gateway, 'GET', '/me/points')).toMatchObject({ status: 401 });
  });
});

describe('a profile', () => {
  it('is seen and changed by its user, and refused with an unknown field, language, channel or address', async () => {
    expect(await call(gateway, 'GET', '/me', { as: ann })).toMatchObject({
      status: 200,
      body: { id: ANN, language: 'en', channels: ['inbox'] },
    });
    const wanted = { email: 'ann@example.org', language: 'zh', channels: ['email', 'inbox'] };
    expect(await call(gateway, 'PATCH', '/me', { as: ann, body: wanted })).toMatchObject({ status: 200, body: wanted });
    const none = await call(gateway, 'PATCH', '/me', { as: ann, body: { email: null } });
    expect([none.status, none.body['email']]).toEqual([200, undefined]);
    for (const body of [{ phone: '+15550009' }, { language: 'fr' }, { channels: ['fax'] }, { email: 'ann' }])
      expect(await call(gateway, 'PATCH', '/me', { as: ann, body })).toMatchObject({ status: 422 });
    for (const email of ['a@b', 'ann@example.org\r\nBcc: x@example.org', 'ann@exa mple.org', '<ann@example.org>'])
      expect(await call(gateway, 'PATCH', '/me', { as: ann, body: { email } })).toMatchObject({ status: 422 });
    expect(await call(gateway, 'GET', '/me')).toMatchObject({ status: 401 });
  });
});

describe('a watch while notifications is down', () => {
  it('is accepted with 202 for a product, and 404 for none', async () => {
    expect(await call(gateway, 'PUT', '/products/TEA/watch', { as: ann })).toMatchObject({ status: 202 });
    expect(await call(gateway, 'PUT', '/products/COFFEE/watch', { as: ann })).toMatchObject({ status: 404 });
  });
});

describe('notifications', () => {
  let notifications: NotificationsPeer;
  beforeAll(async () => {
    notifications = await start('notifications', NotificationsPeer);
  });

  it('watch a product for a user until they end it, and have got the watch of before', async () => {
    await eventually(() => expect([...notifications.watched]).toEqual([`${ANN}/TEA`]));
    for (let n = 0; n < 2; n++)
      expect(await call(gateway, 'PUT', '/products/TEA/watch', { as: bob })).toMatchObject({ status: 204, body: {} });
    expect([...notifications.watched]).toEqual([`${ANN}/TEA`, `${BOB}/TEA`]);
    for (let n = 0; n < 2; n++)
      expect(await call(gateway, 'DELETE', '/products/TEA/watch', { as: bob })).toMatchObject({ status: 204 });
    expect([...notifications.watched]).toEqual([`${ANN}/TEA`]);
    for (const method of ['PUT', 'DELETE'] as const) {
      expect(await call(gateway, method, '/products/COFFEE/watch', { as: bob })).toMatchObject({ status: 404 });
      expect(await call(gateway, method, '/products/TEA/watch')).toMatchObject({ status: 401 });
    }
  });

  it('are listed for their user', async () => {
    expect(await call(gateway, 'GET', '/me/notifications', { as: bob })).toMatchObject({
      status: 200,
      body: { items: [{ id: BOB }] },
    });
    expect(await call(gateway, 'GET', '/me/notifications')).toMatchObject({ status: 401 });
  });
});

describe('the gateway', () => {
  it('is ready with a broker', async () => {
    expect(await call(gateway, 'GET', '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
  });
});
