import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import type { UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { couponTables, type CouponDecision, type CouponKeys, type CouponState } from './tables.js';

/** Changes coupons, their redemptions and their uses per user, many in one commit. */
@Injectable()
export class CouponRepository {
  readonly #unit: UnitOfWork<typeof couponTables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables: couponTables });
  }

  change<R>(message: Message, keys: CouponKeys, decide: (state: CouponState, now: Date) => CouponDecision<R>) {
    return this.#unit.change(message, keys, decide);
  }
}
