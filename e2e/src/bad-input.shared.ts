import { randomUUID } from 'node:crypto';
import { eventually, type System } from '@sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { sharedShop } from './shared-system.js';
import { ADDRESS, type Shop } from './shop.js';

const line = (sku: unknown, quantity: unknown) => ({ lines: [{ sku, quantity }], address: ADDRESS });

describe('bad input', () => {
  let system: System;
  let shop: Shop;
  let customer: string;
  let admin: string;
  let stranger: string;

  beforeAll(async () => {
    ({ system, shop, customer, admin } = await sharedShop.open());
    await shop.call('POST', '/users', { body: { phone: '+447700900999', name: 'Eve', password: 'not-your-order' } });
    stranger = await shop.signIn({ phone: '+447700900999', password: 'not-your-order' });
    await shop.stock(admin, 'TEE', { east: 10 });
    await shop.reachesEnd(customer, await shop.placeForSure(customer, 'TEE'));
  });

  const facts = async () => {
    const orders = await system.databases.orders.pool.query(
      'SELECT id, status FROM orders WHERE version > 0 AND placed_at IS NOT NULL ORDER BY id',
    );
    const stock = await system.databases.inventory.pool.query(
      'SELECT sku, warehouse, on_hand, reserved FROM stock ORDER BY 1, 2',
    );
    return JSON.stringify([orders.rows, stock.rows]);
  };

  const bodies: [string, Record<string, unknown>, number][] = [
    ['an unknown SKU', line('NO-SUCH-THING', 1), 422],
    ['a quantity of 0', line('TEE', 0), 422],
    ['a negative quantity', line('TEE', -1), 422],
    ['a quantity of 1e9', line('TEE', 1e9), 422],
    ['a fractional quantity', line('TEE', 1.5), 422],
    ['a quantity as text', line('TEE', '2'), 422],
    ['no lines', { lines: [], address: ADDRESS }, 422],
    [
      '1,000 lines',
      { lines: Array.from({ length: 1_000 }, () => ({ sku: 'TEE', quantity: 1 })), address: ADDRESS },
      422,
    ],
    ['no address', { lines: [{ sku: 'TEE', quantity: 1 }] }, 422],
    ['an unknown field', { ...line('TEE', 1), discount: 100 }, 422],
    ['a body of 10 MB', { ...line('TEE', 1), filler: 'x'.repeat(10_000_000) }, 413],
  ];
  it.each(bodies)('refuses %s and changes nothing', async (_, body, status) => {
    await shop.call('GET', '/products/TEE');
    const before = await facts();
    const answer = await shop.call('POST', '/orders', {
      token: customer,
      headers: { 'idempotency-key': randomUUID() },
      body,
    });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ status, title: expect.any(String) });
    expect(await facts()).toBe(before);
  });

  it('refuses malformed JSON with 400', async () => {
    const answer = await shop.call('POST', '/orders', { token: customer, raw: '{"lines": [' });
    expect(answer).toMatchObject({ status: 400, body: { status: 400 } });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  it.each([
    ['no token', undefined],
    ['a token with a foreign signature', 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJtZSIsInJvbGUiOiJhZG1pbiJ9.AAAA'],
    ['text that is no token', 'hello'],
  ])('returns 401 for %s', async (_, token) => {
    expect((await shop.call('POST', '/orders', { ...(token && { token }), body: line('TEE', 1) })).status).toBe(401);
  });

  it('lets only an admin change products', async () => {
    const body = { name: 'Free', price: { amount: 0, currency: 'USD' } };
    expect((await shop.call('PUT', '/products/TEE', { token: customer, body })).status).toBe(403);
  });

  it('hides another user’s order and does not let them pay it', async () => {
    const { body: order } = await shop.place(customer, 'TEE');
    await shop.reaches(customer, order.id, 'awaiting_payment');
    const paths: [string, string][] = [
      ['GET', ''],
      ['GET', '/timeline'],
      ['POST', '/payment'],
    ];
    for (const [method, path] of paths) {
      const send = () =>
        shop.call(method, `/orders/${order.id}${path}`, {
          token: stranger,
          ...(method === 'POST' && { body: { card: '4242424242424242' } }),
        });
      // A slow payments service: the payment is accepted before it is checked, so retry.
      await eventually(async () => expect([path, (await send()).status]).toEqual([path, 404]));
    }
    expect((await shop.order(customer, order.id)).status).toBe('awaiting_payment');
  });

  it('charges once when an order is paid twice', async () => {
    const { body: order } = await shop.place(customer, 'TEE');
    await shop.reaches(customer, order.id, 'awaiting_payment');
    const answers = await Promise.all([shop.pay(customer, order.id), shop.pay(customer, order.id)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await shop.pay(customer, order.id)).status).toBe(409);
    const { rows } = await system.databases.payments.pool.query(
      "SELECT id FROM captures WHERE order_id = $1 AND status = 'captured'",
      [order.id],
    );
    expect(rows).toHaveLength(1);
  });

  it('does not let a rejected order be paid, nor an unknown card', async () => {
    const { body: rejected } = await shop.place(customer, 'TEE', { quantity: 9_999 });
    await shop.reaches(customer, rejected.id, 'rejected');
    expect((await shop.pay(customer, rejected.id)).status).toBe(409);
    const { body: order } = await shop.place(customer, 'TEE');
    await shop.reaches(customer, order.id, 'awaiting_payment');
    expect((await shop.pay(customer, order.id, '4111111111111111')).status).toBe(422);
    expect((await shop.pay(customer, order.id, 'card')).status).toBe(422);
  });

  it('returns the same for a wrong password and an unknown phone', async () => {
    const guess = (phone: string) => shop.call('POST', '/sessions', { body: { phone, password: 'guess' } });
    await eventually(async () => {
      const [wrong, unknown] = [await guess('+10000000001'), await guess('+19999999999')];
      expect([wrong.status, unknown.status]).toEqual([401, 401]);
      expect(wrong.body).toEqual(unknown.body);
    });
  });

  it('refuses a taken phone with 409', async () => {
    expect(
      (await shop.call('POST', '/users', { body: { phone: '+10000000001', name: 'Twin', password: 'long enough' } }))
        .status,
    ).toBe(409);
  });
});
