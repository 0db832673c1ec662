import {
  CouponRedeemed,
  CouponRejected,
  PaymentCaptured,
  StockRejected,
  StockReserved,
  parcelIdOf,
  type Order,
} from '@sluice/contracts';
import { eventually, testBroker, testDatabase } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COUPON } from './testing/given.js';
import type { Request } from './placing.js';
import { RETRY_MS } from './testing/running.js';
import { EUR, newRequest, openScene, storyOf, type Scene } from './testing/scene.js';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({
    broker: await testBroker({ tiersMs: [RETRY_MS] }),
    database: await testDatabase('orders'),
    eventually,
  });
});
afterAll(() => scene?.stop());

const placeWithCoupon = async (): Promise<Request> => {
  const order = newRequest({ coupon: COUPON });
  expect(await scene.place(order)).toMatchObject({ coupon: COUPON, discount: EUR(0), total: EUR(3_800) });
  return order;
};
const about = ({ orderId, userId }: Request) => ({ orderId, userId, version: 1 });
const redeemed = (order: Request) => CouponRedeemed({ ...about(order), code: COUPON, discount: EUR(500) });
const refused = (order: Request) => CouponRejected({ ...about(order), code: COUPON, reason: 'used_up' });

describe('an order with a coupon', () => {
  it('publishes its coupon for promotions to redeem', async () => {
    const order = await placeWithCoupon();
    await eventually(() =>
      expect(scene.messagesAbout(order)).toMatchObject([{ type: 'order.placed', data: { coupon: COUPON } }]),
    );
  });

  it('ends the same whether its stock or its coupon is decided first', async () => {
    const end = async (endOrder: (order: Request) => Promise<void>): Promise<[Order, string[]]> => {
      const order = await placeWithCoupon();
      await endOrder(order);
      await eventually(() => expect(scene.factsOf(order)).toEqual(['order.placed', 'order.priced']));
      expect(scene.messagesAbout(order).find(({ type }) => type === 'order.priced')).toMatchObject({
        data: { total: EUR(3_300) },
      });
      for (const fact of storyOf(order).slice(1)) await scene.send(fact);
      await scene.reaches(order, 'completed');
      return [await scene.see(order), await scene.timeline(order)];
    };
    const stockFirst = await end(async (order) => {
      await scene.send(storyOf(order)[0]);
      await scene.send(redeemed(order));
    });
    const couponFirst = await end(async (order) => {
      await scene.send(redeemed(order));
      await scene.everythingIsHandled();
      expect(await scene.see(order)).toMatchObject({ status: 'pending', discount: EUR(500), total: EUR(3_300) });
      await scene.send(storyOf(order)[0]);
    });
    const [[order, timeline], [other, otherTimeline]] = [stockFirst, couponFirst];
    const { id, placedAt, payBy, paidAt } = order;
    const parcels = other.parcels.map((parcel) => ({ ...parcel, id: parcelIdOf(id, parcel.warehouse) }));
    expect({ ...other, id, placedAt, payBy, paidAt, parcels }).toEqual(order);
    expect(otherTimeline.sort()).toEqual(timeline.sort());
    expect(order).toMatchObject({ status: 'completed', coupon: COUPON, discount: EUR(500), total: EUR(3_300) });
  });

  it('is rejected when its coupon is refused, and names the stock and the coupon to release', async () => {
    const order = await placeWithCoupon();
    const [reserved] = storyOf(order);
    await scene.send(reserved);
    await scene.send(refused(order));
    await eventually(async () =>
      expect(await scene.see(order)).toMatchObject({ status: 'rejected', reason: 'coupon_rejected', coupon: COUPON }),
    );
    const { allocation } = reserved.data as Parameters<typeof StockReserved>[0];
    await eventually(() =>
      expect(scene.messagesAbout(order).at(-1)).toMatchObject({
        type: 'order.rejected',
        data: {
          reason: 'coupon_rejected',
          couponReason: 'used_up',
          coupon: COUPON,
          allocation,
          lines: [{ sku: 'TEE' }, { sku: 'MUG' }],
        },
      }),
    );
  });

  it('is rejected once when stock and coupon are both refused, and no late fact changes it', async () => {
    const order = await placeWithCoupon();
    await scene.send(StockRejected({ ...about(order), reason: 'out_of_stock', skus: ['TEE'] }));
    await scene.send(refused(order));
    await scene.reaches(order, 'rejected');
    for (const fact of [
      refused(order),
      redeemed(order),
      ...storyOf(order).filter(({ contract }) => contract !== PaymentCaptured),
    ])
      await scene.send(fact);
    await scene.everythingIsHandled();
    expect(await scene.see(order)).toMatchObject({ status: 'rejected', discount: EUR(0), parcels: [] });
    expect(scene.factsOf(order)).toEqual(['order.placed', 'order.rejected']);
  });
});
