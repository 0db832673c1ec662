import { eventually, testBroker, type TestBroker } from '@sluice/testing';
import { validate, version } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { FlashSalePeer, fromNow } from '../testing/flash-sale-peer.js';
import { ANN, BOB, call, tokenOf, type Answer } from '../testing/gateway.js';
import { InventoryPeer } from '../testing/peers.js';
import { claim, startSaleGateway } from '../testing/sales.js';
import { startPeer, type Peer } from '../testing/start-peer.js';

let broker: TestBroker;
let peer: Peer<FlashSalePeer>;
let gateway: Gateway;
let [ann, admin] = ['', ''];

beforeAll(async () => {
  broker = await testBroker();
  gateway = await startSaleGateway(broker, { REPLY_TIMEOUT_MS: '1500' });
  [ann, admin] = await Promise.all([tokenOf(ANN), tokenOf(BOB, { role: 'admin' })]);
  peer = await startPeer(broker, 'flash-sale', FlashSalePeer);
});
beforeEach(() => void (peer.peer.outcome = 'scheduled'));
afterAll(async () => {
  await gateway.stop();
  await peer.stop();
  await broker.close();
});

const OFFER = {
  sku: 'TEA',
  price: { amount: 100, currency: 'EUR' },
  quantity: 5,
  opensAt: fromNow(60_000),
  closesAt: fromNow(120_000),
  payWithinSeconds: 60,
};
const SALE = { ...OFFER, perUser: 1 };
const create = (change: object = {}, { as = admin, key }: { as?: string; key?: string } = {}): Promise<Answer> =>
  call(gateway, 'POST', '/flash-sales', {
    as,
    body: { ...SALE, ...change },
    ...(key && { headers: { 'idempotency-key': key } }),
  });

const close = (id: string, { as = admin }: { as?: string } = {}): Promise<Answer> =>
  call(gateway, 'POST', `/flash-sales/${id}/close`, { as });

/** Each test closes a sale with another quantity, because the same offer is the same sale. */
let pieces = OFFER.quantity;
describe('a sale that an admin closes', () => {
  it('is 200 with the closed sale, also when it is closed again, and claims are 410 at once', async () => {
    const id = String((await create({ quantity: ++pieces })).body['id']);
    expect(await claim(gateway, id, ann)).toMatchObject({ status: 425 });
    const closed = await close(id);
    // No fact is published in this test: the gateway has the closed sale from the reply.
    expect(await claim(gateway, id, ann)).toMatchObject({ status: 410, body: { detail: 'The sale is closed.' } });
    expect(closed).toMatchObject({
      status: 200,
      body: { id, ...OFFER, quantity: pieces, state: 'closed', closedAt: expect.any(String) },
    });
    expect(await close(id.toUpperCase())).toMatchObject({ status: 200, body: closed.body });
  });

  it('is 202 until its stock is allotted, 404 for an unknown one, 403 for a customer, 401 without a token', async () => {
    peer.peer.outcome = 'preparing';
    const id = String((await create({ quantity: ++pieces })).body['id']);
    expect(await close(id)).toMatchObject({
      status: 202,
      headers: { location: `/flash-sales/${id}` },
      body: { id, status: 'accepted' },
    });
    expect(await close('00000000-0000-7000-8000-000000000404')).toMatchObject({ status: 404 });
    expect(await close(id, { as: ann })).toMatchObject({ status: 403 });
    expect(await call(gateway, 'POST', `/flash-sales/${id}/close`)).toMatchObject({ status: 401 });
  });

  it('is 202 while flash-sale is down, and closed once it is back', async () => {
    const id = String((await create({ quantity: ++pieces })).body['id']);
    await peer.stop();
    const answer = await close(id);
    peer = await startPeer(broker, 'flash-sale', FlashSalePeer);
    expect(answer).toMatchObject({ status: 202, body: { id, status: 'accepted' } });
    await eventually(() => expect(peer.peer.closed).toEqual([id]));
  });
});

describe('a new sale', () => {
  it('is 201 with the sale and its URL once its stock is allotted, and cached by the gateway', async () => {
    const answer = await create();
    const id = String(answer.body['id']);
    expect((await create()).body['id']).toBe(id);
    expect(answer).toMatchObject({
      status: 201,
      headers: { location: `/flash-sales/${id}` },
      body: { ...OFFER, state: 'scheduled', remaining: 5, held: 0, sold: 0 },
    });
    expect([validate(id), version(id)]).toEqual([true, 8]);
    expect(await call(gateway, 'GET', `/flash-sales/${id}`)).toMatchObject({
      status: 200,
      body: { id, state: 'scheduled' },
    });
    expect(await claim(gateway, id, ann)).toMatchObject({ status: 425 });
  });

  it('is 201 also when it opens at once', async () => {
    peer.peer.outcome = 'open';
    expect(await create({ opensAt: fromNow(-1_000) })).toMatchObject({ status: 201, body: { state: 'open' } });
  });

  it('is 409 when there is not enough stock, and hidden', async () => {
    peer.peer.outcome = 'refused';
    const scarce = { quantity: 4_000 };
    expect(await create(scarce)).toMatchObject({ status: 409, body: { title: 'Not enough stock' } });
    const refused = [...peer.peer.sales.values()].at(-1)!;
    expect(refused.state).toBe('refused');
    expect(await call(gateway, 'GET', `/flash-sales/${refused.id}`)).toMatchObject({ status: 404 });
    expect(await create(scarce)).toMatchObject({ status: 409 });
    peer.peer.outcome = 'scheduled';
    const made = [await create(scarce), await create(scarce)];
    expect(made).toMatchObject([{ status: 201 }, { status: 201, body: { id: made[0]!.body['id'] } }]);
  });

  it('is 422 when inventory refuses it for another currency than its product has', async () => {
    const inventory = await startPeer(broker, 'inventory', InventoryPeer);
    peer.peer.outcome = 'refused';
    expect(await create({ price: { amount: 100, currency: 'USD' } })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'price.currency', message: 'the product is sold in EUR' }] },
    });
    expect(await create({ quantity: 4_001 })).toMatchObject({ status: 409, body: { title: 'Not enough stock' } });
    await inventory.stop();
  });

  it('is 202 with a URL when inventory is slow', async () => {
    peer.peer.outcome = 'preparing';
    const answer = await create({ quantity: 4_002 });
    expect(answer).toMatchObject({ status: 202, body: { status: 'accepted' } });
    const location = String(answer.headers['location']);
    expect(location).toBe(`/flash-sales/${String(answer.body['id'])}`);
    expect(await call(gateway, 'GET', location)).toMatchObject({ status: 404 });
    peer.peer.change({ id: String(answer.body['id']), state: 'scheduled' });
    expect(await call(gateway, 'GET', location)).toMatchObject({ status: 200, body: { state: 'scheduled' } });
  });

  it('is the same for the same key, and different for another key, user, or offer without a key', async () => {
    const again = [await create({}, { key: 'one' }), await create({}, { key: 'one' })];
    const others = [
      await create({}, { key: 'two' }),
      await create({ quantity: 6 }),
      await create({}, { key: 'one', as: await tokenOf(ANN, { role: 'admin' }) }),
    ];
    expect([...again, ...others].map(({ status }) => status)).toEqual(Array(5).fill(201));
    expect(new Set(again.map(({ body }) => body['id'])).size).toBe(1);
    expect(new Set([...again, ...others].map(({ body }) => body['id'])).size).toBe(4);
  });

  it('is 409 when flash-sale returns that, 403 for a customer, 401 without a token', async () => {
    expect(await create({ sku: 'TAKEN' })).toMatchObject({ status: 409, body: { title: 'Another sale has this id' } });
    expect(await create({}, { as: ann })).toMatchObject({ status: 403 });
    expect(await call(gateway, 'POST', '/flash-sales', { body: SALE })).toMatchObject({ status: 401 });
  });

  it.each([
    ['quantity', { quantity: 0 }],
    ['perUser', { perUser: 2 }],
    ['opensAt', { opensAt: 'soon' }],
    ['closesAt', { closesAt: SALE.opensAt }],
    ['price.amount', { price: { amount: -1, currency: 'EUR' } }],
    ['payWithinSeconds', { payWithinSeconds: 0 }],
    ['', { state: 'open' }],
  ])('is 422 when it is not valid, and the fault is named (%s)', async (path, fault) => {
    expect(await create(fault)).toMatchObject({
      status: 422,
      body: { errors: expect.arrayContaining([expect.objectContaining({ path })]) },
    });
  });

  it('is 202 while flash-sale is down, and created once it is back', async () => {
    await peer.stop();
    const answer = await create({ quantity: 4_003 });
    peer = await startPeer(broker, 'flash-sale', FlashSalePeer);
    expect(answer).toMatchObject({ status: 202, body: { status: 'accepted' } });
    await eventually(() => expect([...peer.peer.sales.keys()]).toEqual([answer.body['id']]));
  });
});
