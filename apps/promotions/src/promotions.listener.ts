import { Controller } from '@nestjs/common';
import {
  CreateCoupon,
  GetPoints,
  type Message,
  OrderCancelled,
  OrderCompleted,
  OrderPlaced,
  OrderRejected,
} from '@sluice/contracts';
import { decisionTime, On } from '@sluice/messaging';
import { couponKeys, createCoupon } from './coupon.js';
import { CouponRepository } from './coupon.repository.js';
import { earnPoints, pointsKeys } from './points.js';
import { PointsQueries } from './points.queries.js';
import { PointsRepository } from './points.repository.js';
import { redeem, redemptionKeys, release, withCoupon } from './redemption.js';
import type { PointsDecision, PointsState } from './tables.js';

@Controller()
export class PromotionsListener {
  constructor(
    private readonly coupons: CouponRepository,
    private readonly points: PointsRepository,
    private readonly queries: PointsQueries,
  ) {}

  @On(CreateCoupon)
  createCoupon(message: Message<typeof CreateCoupon>) {
    return this.coupons.change(message, couponKeys(message.data), (state, now) =>
      createCoupon(state, message.data, decisionTime(message, now)),
    );
  }

  @On(OrderPlaced)
  async orderPlaced(message: Message<typeof OrderPlaced>) {
    const order = withCoupon(message.data);
    if (order)
      await this.coupons.change(message, redemptionKeys(order), (state, now) =>
        redeem(state, order, decisionTime(message, now, order.acceptedAt ?? message.time)),
      );
  }

  @On(OrderRejected)
  orderRejected(message: Message<typeof OrderRejected>) {
    return this.#release(message);
  }

  @On(OrderCancelled)
  orderCancelled(message: Message<typeof OrderCancelled>) {
    return this.#release(message);
  }

  @On(OrderCompleted)
  orderCompleted(message: Message<typeof OrderCompleted>) {
    const decide = (state: PointsState): PointsDecision => earnPoints(state, message.data);
    return this.points.change(message, pointsKeys(message.data), decide, { mayWait: true });
  }

  @On(GetPoints)
  getPoints({ data }: Message<typeof GetPoints>) {
    return this.queries.of(data.userId);
  }

  async #release(message: Message<typeof OrderRejected | typeof OrderCancelled>): Promise<void> {
    const order = withCoupon(message.data);
    if (order) await this.coupons.change(message, redemptionKeys(order), (state) => release(state, order));
  }
}
