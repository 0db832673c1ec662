import { ProductChanged } from '@sluice/contracts';
import { eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { ANN, call, order, startGateway, tokenOf } from '../testing/gateway.js';
import { OrdersPeer } from '../testing/orders-peer.js';
import { InventoryPeer } from '../testing/peers.js';
import { startPeer, type Peer } from '../testing/start-peer.js';

describe('an order', () => {
  let broker: TestBroker;
  let gateway: Gateway;
  let other: Gateway;
  let orders: Peer<OrdersPeer>;
  let inventory: Peer<InventoryPeer>;
  let ann: string;
  let admin: string;

  beforeAll(async () => {
    broker = await testBroker();
    [gateway, other] = [await startGateway({ AMQP_URL: broker.url }), await startGateway({ AMQP_URL: broker.url })];
    [orders, inventory] = [
      await startPeer(broker, 'orders', OrdersPeer),
      await startPeer(broker, 'inventory', InventoryPeer),
    ];
    [ann, admin] = [await tokenOf(ANN), await tokenOf(ANN, { role: 'admin' })];
    for (const one of [gateway, other])
      await eventually(async () => expect(await call(one, 'GET', '/readyz')).toMatchObject({ status: 200 }));
  });
  afterAll(async () => {
    await Promise.all([gateway?.stop(), other?.stop(), orders?.stop(), inventory?.stop()]);
    await broker?.close();
  });

  const put = (sku: string, amount: number, through = gateway) =>
    call(through, 'PUT', `/products/${sku}`, { as: admin, body: { name: sku, price: { amount, currency: 'EUR' } } });
  const placed = async (skus: string[], through = gateway, headers: Record<string, string> = {}) => {
    const { body } = await call(through, 'POST', '/orders', {
      as: ann,
      body: order(skus.map((sku) => ({ sku, quantity: 1 }))),
      headers,
    });
    return {
      id: String(body['id']),
      shown: orders.peer.orders
        .get(String(body['id']))!
        .shown!.map(({ sku, price, version }) => [sku, price.amount, version]),
    };
  };

  it('carries the displayed version: the newest one returned or requested, once for each product', async () => {
    await put('MILK', 100);
    await put('MILK', 90);
    expect((await placed(['MILK'])).shown).toEqual([['MILK', 90, 2]]);
    inventory.peer.products.set('HONEY', {
      sku: 'HONEY',
      name: 'Honey',
      price: { amount: 700, currency: 'EUR' },
      version: 4,
    });
    expect((await placed(['MILK', 'HONEY', 'NOTHING', 'MILK'])).shown).toEqual([
      ['MILK', 90, 2],
      ['HONEY', 700, 4],
    ]);
  });

  it('requests a recently seen product no more than once, also when many orders are placed at a time', async () => {
    inventory.peer.products.set('FIG', { sku: 'FIG', name: 'Fig', price: { amount: 5, currency: 'EUR' }, version: 1 });
    await Promise.all(Array.from({ length: 20 }, () => placed(['FIG'])));
    await placed(['FIG']);
    expect(inventory.peer.priceRequests.flat().filter((sku) => sku === 'FIG')).toEqual(['FIG']);
  });

  it('requests the other products sold at present together with its own', async () => {
    const fig = { sku: 'FIG', name: 'Fig', price: { amount: 5, currency: 'EUR' }, version: 1 };
    const plum = { ...fig, sku: 'PLUM', name: 'Plum' };
    const requests = () => inventory.peer.priceRequests.filter((skus) => skus.some((sku) => sku === 'PLUM'));
    inventory.peer.products.set('FIG', fig).set('PLUM', plum);
    await placed(['FIG', 'PLUM']);
    for (const changed of [plum, fig]) {
      inventory.peer.products.set(changed.sku, { ...changed, version: 2 });
      await publish(broker, ProductChanged, { ...changed, version: 2 });
    }
    const before = requests().length;
    await eventually(async () => expect((await placed(['FIG'])).shown).toEqual([['FIG', 5, 2]]));
    await eventually(async () => expect((await placed(['PLUM'])).shown).toEqual([['PLUM', 5, 2]]));
    expect(requests().slice(before)).toEqual([expect.arrayContaining(['FIG', 'PLUM'])]);
  });

  it('is the same for the same key, whatever version is displayed by then', async () => {
    await put('RICE', 100);
    const first = await placed(['RICE'], gateway, { 'idempotency-key': 'rice' });
    await put('RICE', 200);
    expect(await placed(['RICE'], gateway, { 'idempotency-key': 'rice' })).toEqual({
      id: first.id,
      shown: [['RICE', 100, 1]],
    });
  });

  it('carries a change made through another gateway, as soon as its fact arrives', async () => {
    await put('SALT', 100);
    expect((await placed(['SALT'], other)).shown).toEqual([['SALT', 100, 1]]);
    await put('SALT', 80);
    await publish(broker, ProductChanged, inventory.peer.products.get('SALT')!);
    await eventually(async () => expect((await placed(['SALT'], other)).shown).toEqual([['SALT', 80, 2]]));
    await publish(broker, ProductChanged, {
      sku: 'SALT',
      name: 'SALT',
      price: { amount: 100, currency: 'EUR' },
      version: 1,
    });
    await publish(broker, ProductChanged, {
      sku: 'WATER',
      name: 'WATER',
      price: { amount: 1, currency: 'EUR' },
      version: 1,
    });
    await eventually(async () => expect((await placed(['WATER'], other)).shown).toEqual([['WATER', 1, 1]]));
    expect((await placed(['SALT'], other)).shown).toEqual([['SALT', 80, 2]]);
  });

  it('carries the last displayed or published version at once while inventory is down', async () => {
    await put('OIL', 100);
    await put('OIL', 60);
    await inventory.stop();
    await publish(broker, ProductChanged, {
      sku: 'WINE',
      name: 'Wine',
      price: { amount: 900, currency: 'EUR' },
      version: 3,
    });
    await eventually(async () =>
      expect((await placed(['WINE', 'OIL', 'NOTHING'])).shown).toEqual([
        ['WINE', 900, 3],
        ['OIL', 60, 2],
      ]),
    );
    const began = performance.now();
    for (let count = 0; count < 10; count++) await placed(['NOTHING']);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
