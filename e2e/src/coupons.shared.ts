import { eventually, type System } from '@sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectInvariants } from './invariants.js';
import { sharedShop } from './shared-system.js';
import { inParallel, type Shop } from './shop.js';

const LIMIT = 20;

describe('coupons and points', () => {
  let system: System;
  let shop: Shop;
  let customer: string;
  let admin: string;

  beforeAll(async () => {
    ({ system, shop, customer, admin } = await sharedShop.open());
    await shop.stock(admin, 'HAT', { east: 1_000 }, 2_050);
    await shop.placeForSure(customer, 'HAT');
  });

  const points = async () =>
    (await shop.call<{ points: number }>('GET', '/me/points', { token: customer })).body.points;
  const placed = async (coupon: string, quantity = 1) =>
    shop.reachesEnd(customer, await shop.placeForSure(customer, 'HAT', { coupon, quantity }));

  it.each([
    ['WELCOME10', { discount: 410, total: 3_690 }],
    ['red5', { discount: 500, total: 3_600 }],
  ])('%s is valid from the start', async (coupon, { discount, total }) => {
    expect(await placed(coupon, 2)).toMatchObject({
      status: 'awaiting_payment',
      coupon: coupon.toUpperCase(),
      subtotal: { amount: 4_100 },
      discount: { amount: discount },
      total: { amount: total },
    });
  });

  it('the total is charged, and a completed order earns a point for each whole 100 cents of it', async () => {
    const before = await points();
    const { id } = await placed('WELCOME10', 2);
    await shop.payForSure(customer, id);
    await shop.reaches(customer, id, 'completed');
    await eventually(async () => expect(await points()).toBe(before + 36));
  });

  it('an invalid coupon rejects the order and releases its stock', async () => {
    await shop.createCoupon(admin, { code: 'BIG', kind: 'fixed', value: 100, minTotal: 1_000_000 });
    // A coupon cannot be created already expired.
    const expires = Date.now() + 3_000;
    await shop.createCoupon(admin, {
      code: 'OLD',
      kind: 'fixed',
      value: 100,
      expiresAt: new Date(expires).toISOString(),
    });
    await eventually(() => expect(Date.now()).toBeGreaterThan(expires + 500));
    const available = async () => (await shop.call<{ available: number }>('GET', '/products/HAT')).body.available;
    await eventually(async () => expect(await available()).toBeLessThan(1_000));
    const before = await available();
    for (const coupon of ['NO-SUCH', 'BIG', 'OLD'])
      expect(await placed(coupon)).toMatchObject({ status: 'rejected', reason: 'coupon_rejected' });
    await eventually(async () => expect(await available()).toBe(before));
  });

  it.each([
    ['a coupon takes off all that it costs', 'HAT', 2_050, 'ALL'],
    ['its products cost nothing', 'GIFT', 0, undefined],
  ])(
    'an order is paid at once when %s: no card is required, and no message requests payment',
    async (_, sku, subtotal, coupon) => {
      if (coupon) await shop.createCoupon(admin, { code: coupon, kind: 'percent', value: 100 });
      else await shop.stock(admin, sku, { east: 10 }, 0);
      const id = await shop.placeForSure(customer, sku, { ...(coupon && { coupon }) });
      const order = await shop.reaches(customer, id, 'completed');
      expect(order).toMatchObject({ subtotal: { amount: subtotal }, total: { amount: 0 }, paidAt: expect.any(String) });
      expect(order).not.toHaveProperty('payBy');
      for (const card of ['4000000000000002', '4242424242424242'])
        expect(await shop.pay(customer, id, card)).toMatchObject({ status: 409, body: { title: 'Not payable now' } });
      expect((await shop.timeline(customer, id)).filter((type) => !type.startsWith('parcel.'))).toEqual(
        expect.arrayContaining([
          'order.placed',
          'stock.reserved',
          'order.priced',
          'order.paid',
          'order.shipped',
          'order.completed',
        ]),
      );
      expect(await shop.timeline(customer, id)).not.toContain('order.awaiting_payment');
      const texts = await eventually(async () => {
        const { rows } = await system.databases.notifications.pool.query<{ text: string }>(
          'SELECT text FROM deliveries WHERE about = $1',
          [`orders/${id}`],
        );
        expect(rows).toHaveLength(5);
        return rows.map(({ text }) => text).join();
      });
      expect(texts).toContain('there is nothing to pay');
      expect(texts).not.toMatch(/0\.00|[Pp]lease pay/);
      expect(
        (await system.databases.payments.pool.query('SELECT FROM captures WHERE order_id = $1', [id])).rowCount,
      ).toBe(0);
    },
  );

  it(`a coupon with a limit of ${LIMIT} is used ${LIMIT} times by 60 orders at once`, async () => {
    await shop.createCoupon(admin, { code: 'FEW', kind: 'fixed', value: 100, limit: LIMIT });
    const orders = await inParallel(60, 30, () => placed('FEW'));
    expect(orders.filter(({ status }) => status === 'awaiting_payment')).toHaveLength(LIMIT);
    expect(orders.filter(({ reason }) => reason === 'coupon_rejected')).toHaveLength(60 - LIMIT);
  });

  it('all invariants hold at the end', () => expectInvariants(system));
});
