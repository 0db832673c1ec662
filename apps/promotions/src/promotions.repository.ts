import { Injectable } from '@nestjs/common';
import type {
  CreateCoupon,
  Message,
  OrderCancelled,
  OrderCompleted,
  OrderPlaced,
  OrderRejected,
} from '@sluice/contracts';
import { decisionTime } from '@sluice/messaging';
import type { UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { createCoupon } from './coupon.js';
import { earnPoints } from './points.js';
import { redeem, release, useOf } from './redemption.js';
import { couponTables, pointsTables } from './tables.js';

/**
 * Maps each message to the rows it concerns, and to the rule that decides on them. Orders without a coupon, as most
 * are, read and write nothing here.
 */
@Injectable()
export class PromotionsRepository {
  readonly #coupons: UnitOfWork<typeof couponTables>;
  readonly #points: UnitOfWork<typeof pointsTables>;

  constructor(units: UnitsOfWork) {
    this.#coupons = units.over({ tables: couponTables });
    this.#points = units.over({ tables: pointsTables });
  }

  createCoupon(message: Message<typeof CreateCoupon>) {
    return this.#coupons.change(message, { coupons: [message.data.code] }, (state, now) =>
      createCoupon(state, message.data, decisionTime(message, now)),
    );
  }

  async redeem(message: Message<typeof OrderPlaced>): Promise<void> {
    const { orderId, userId, coupon, subtotal, acceptedAt = message.time } = message.data;
    if (coupon === undefined) return;
    const order = { orderId, userId, coupon, subtotal };
    await this.#coupons.change(
      message,
      { coupons: [coupon], redemptions: [orderId], uses: [useOf(order)] },
      (state, now) => redeem(state, order, decisionTime(message, now, acceptedAt)),
    );
  }

  async release(message: Message<typeof OrderRejected | typeof OrderCancelled>): Promise<void> {
    const { orderId, userId, coupon } = message.data;
    if (coupon === undefined) return;
    const order = { orderId, userId, coupon };
    await this.#coupons.change(message, { coupons: [coupon], redemptions: [orderId], uses: [useOf(order)] }, (state) =>
      release(state, order),
    );
  }

  async earnPoints(message: Message<typeof OrderCompleted>): Promise<void> {
    const { orderId, userId } = message.data;
    await this.#points.change(message, { balances: [userId], earnings: [orderId] }, (state) =>
      earnPoints(state, message.data),
    );
  }
}
