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
import { On } from '@sluice/messaging';
import { PointsQueries } from './points.queries.js';
import { PromotionsRepository } from './promotions.repository.js';

@Controller()
export class PromotionsListener {
  constructor(
    private readonly promotions: PromotionsRepository,
    private readonly points: PointsQueries,
  ) {}

  @On(CreateCoupon)
  createCoupon(message: Message<typeof CreateCoupon>) {
    return this.promotions.createCoupon(message);
  }

  @On(OrderPlaced)
  orderPlaced(message: Message<typeof OrderPlaced>) {
    return this.promotions.redeem(message);
  }

  @On(OrderRejected)
  orderRejected(message: Message<typeof OrderRejected>) {
    return this.promotions.release(message);
  }

  @On(OrderCancelled)
  orderCancelled(message: Message<typeof OrderCancelled>) {
    return this.promotions.release(message);
  }

  @On(OrderCompleted)
  orderCompleted(message: Message<typeof OrderCompleted>) {
    return this.promotions.earnPoints(message);
  }

  @On(GetPoints)
  getPoints({ data }: Message<typeof GetPoints>) {
    return this.points.of(data.userId);
  }
}
