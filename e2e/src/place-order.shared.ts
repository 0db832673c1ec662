import { AccountRegistered } from '@sluice/contracts';
import { eventually, facts, type System } from '@sluice/testing';
import { connect } from 'amqplib';
import { beforeAll, describe, expect, it } from 'vitest';
import { sharedShop } from './shared-system.js';
import type { Shop } from './shop.js';

describe('placing an order', () => {
  let system: System;
  let shop: Shop;
  let customer: string;
  let admin: string;

  beforeAll(async () => {
    ({ system, shop, customer, admin } = await sharedShop.open());
    await shop.stock(admin, 'TEE', { east: 100, west: 100 });
    await shop.stock(admin, 'SPLIT', { east: 3, west: 3 });
    for (const sku of ['TEE', 'SPLIT']) await shop.placeForSure(customer, sku);
  });

  // The first five wait for the carrier and the card gateway, so they wait side by side.
  it.concurrent('sells one order from POST /orders to completed, and its timeline lists each step', async () => {
    const { status, headers, body } = await shop.place(customer, 'TEE', { quantity: 2 });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/orders/${body.id}`);
    expect(body).toMatchObject({ status: 'pending', total: { amount: 2_000, currency: 'USD' } });

    const payable = await shop.reaches(customer, body.id, 'awaiting_payment');
    expect(payable.secondsLeft).toBeGreaterThan(1_700);
    expect(await shop.pay(customer, body.id)).toMatchObject({ status: 200, body: { status: 'captured' } });

    const completed = await shop.reaches(customer, body.id, 'completed');
    expect(completed.parcels).toMatchObject([{ status: 'delivered', lines: [{ sku: 'TEE', quantity: 2 }] }]);
    const timeline = await shop.timeline(customer, body.id);
    expect(timeline.filter((type) => type.startsWith('order.'))).toEqual([
      'order.placed',
      'order.priced',
      'order.awaiting_payment',
      'order.paid',
      'order.shipped',
      'order.completed',
    ]);
  });

  it.concurrent('sends an order that no single warehouse can fill in two parcels', async () => {
    const id = await shop.placeForSure(customer, 'SPLIT', { quantity: 5 });
    await shop.reaches(customer, id, 'awaiting_payment');
    await shop.pay(customer, id);
    const { parcels } = await shop.reaches(customer, id, 'completed');
    expect(parcels.map(({ warehouse }) => warehouse).sort()).toEqual(['east', 'west']);
    expect(parcels.flatMap(({ lines }) => lines).reduce((sum, { quantity }) => sum + quantity, 0)).toBe(5);
  });

  it.concurrent('pays later with a card whose gateway fails for a while', async () => {
    const { body } = await shop.place(customer, 'TEE');
    await shop.reaches(customer, body.id, 'awaiting_payment');
    expect(await shop.pay(customer, body.id, '4000000000000119')).toMatchObject({
      status: 202,
      body: { status: 'pending' },
    });
    await shop.reaches(customer, body.id, 'completed', 60_000);
  });

  it.concurrent('lets a customer pay with another card after one was declined', async () => {
    const { body } = await shop.place(customer, 'TEE');
    await shop.reaches(customer, body.id, 'awaiting_payment');
    expect((await shop.pay(customer, body.id, '4000000000000002')).status).toBe(402);
    expect(await shop.order(customer, body.id)).toMatchObject({ status: 'awaiting_payment' });
    expect((await shop.pay(customer, body.id)).status).toBe(200);
  });

  it.concurrent('notifies the customer in their inbox about their orders', async () => {
    const id = await shop.placeForSure(customer, 'TEE');
    await shop.reaches(customer, id, 'awaiting_payment');
    await shop.pay(customer, id);
    await shop.reaches(customer, id, 'completed');
    await eventually(async () => {
      const { body } = await shop.call<{ items: { about: string }[] }>('GET', '/me/notifications?limit=100', {
        token: customer,
      });
      expect(body.items.filter(({ about }) => about.includes(id)).length).toBeGreaterThanOrEqual(3);
    });
  });

  it('returns the same order for the same key, and 409 for another body under it', async () => {
    const first = await shop.place(customer, 'TEE', { key: 'the-same-key' });
    const again = await shop.place(customer, 'TEE', { key: 'the-same-key' });
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body.id).toBe(first.body.id);
    expect((await shop.place(customer, 'TEE', { quantity: 2, key: 'the-same-key' })).status).toBe(409);
    expect((await shop.order(customer, first.body.id)).lines).toMatchObject([{ sku: 'TEE', quantity: 1 }]);
  });

  it('rejects an order for more than the stock, and keeps the stock for others', async () => {
    const { body } = await shop.place(customer, 'TEE', { quantity: 5_000 });
    expect(await shop.reaches(customer, body.id, 'rejected')).toMatchObject({ reason: 'out_of_stock' });
    const { body: next } = await shop.place(customer, 'TEE');
    await shop.reaches(customer, next.id, 'awaiting_payment');
  });

  it('signs up a new user, sends the code by SMS, and accepts the code once', async () => {
    const phone = '+447700900123';
    // A separate connection: other tests send invalid JSON.
    const connection = await connect(system.broker.url);
    const received = await facts({ connection });
    const signUp = await shop.call<{ id: string }>('POST', '/users', {
      body: { phone, name: 'Grace', password: 'correct horse battery' },
    });
    expect(signUp.status).toBe(201);
    const token = await shop.signIn({ phone, password: 'correct horse battery' });
    const code = await eventually(
      () => received.of(AccountRegistered, (account) => account.phone === phone, 1)[0]!.code,
    );
    await connection.close();
    await eventually(async () => {
      const { rows } = await system.databases.notifications.pool.query<{ text: string }>(
        "SELECT text FROM deliveries WHERE user_id = $1 AND channel = 'sms'",
        [signUp.body.id],
      );
      expect(rows.map(({ text }) => text)).toEqual(['A code (1), good for ten minutes.']);
    });
    const verify = (digits: string) => shop.call('POST', '/users/verification', { token, body: { code: digits } });
    expect((await verify(code === '000000' ? '000001' : '000000')).status).toBe(422);
    expect((await verify(code)).status).toBe(204);
  });

  it('creates one account for a repeated sign-up, and ends its tokens on request', async () => {
    const stranger = { phone: '+447700900124', name: 'Joan', password: 'correct horse battery' };
    const signUps = [
      await shop.call('POST', '/users', { body: stranger }),
      await shop.call('POST', '/users', { body: stranger }),
    ];
    expect(signUps).toMatchObject([{ status: 201 }, { status: 201, body: { id: signUps[0]!.body['id'] } }]);
    expect((await shop.call('POST', '/users', { body: { ...stranger, password: 'another horse' } })).status).toBe(409);
    const signIn = () => shop.signIn({ phone: stranger.phone, password: stranger.password });
    const [one, other, third] = [await signIn(), await signIn(), await signIn()];
    const statusWith = async (token: string) => (await shop.call('GET', '/orders', { token })).status;
    expect((await shop.call('DELETE', '/sessions/current', { token: one })).status).toBe(204);
    expect([await statusWith(one), await statusWith(other)]).toEqual([401, 200]);
    const passwords = { current: stranger.password, new: 'another horse battery' };
    expect((await shop.call('POST', '/me/password', { token: other, body: passwords })).status).toBe(204);
    expect([await statusWith(other), await statusWith(third)]).toEqual([200, 401]);
    expect((await shop.call('POST', '/users/verification/resend', { token: other })).status).toBe(204);
  });
});
