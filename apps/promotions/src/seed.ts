import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { CreateCoupon, type Data, type Message } from '@sluice/contracts';
import { CONFIG } from '@sluice/service-kit';
import { v5 } from 'uuid';
import type { PromotionsConfig } from './config.js';
import { couponKeys, createCoupon } from './coupon.js';
import { CouponRepository } from './coupon.repository.js';

/** The namespace of the seed's message ids (RFC 9562, version 5). */
const SEED = '0c7d6f3e-52a1-4b8e-a1c4-93d5c2e8f706';

/** The coupons of a development system: 10 percent off, and 500 cents off, for every user and without expiry. */
const COUPONS: readonly Data<typeof CreateCoupon>[] = [
  { code: 'WELCOME10', kind: 'percent', value: 10 },
  { code: 'RED5', kind: 'fixed', value: 500 },
];

/**
 * Creates the coupons by ordinary messages. Their ids are fixed, so the inbox handles each once, however often and
 * however many processes start.
 */
@Injectable()
export class Seed implements OnApplicationBootstrap {
  constructor(
    @Inject(CONFIG) private readonly config: PromotionsConfig,
    private readonly coupons: CouponRepository,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.DEV_SEED) return;
    await Promise.all(
      COUPONS.map((coupon) =>
        this.coupons.change(seeded(coupon), couponKeys(coupon), (state, now) => createCoupon(state, coupon, now)),
      ),
    );
  }
}

function seeded(data: Data<typeof CreateCoupon>): Message<typeof CreateCoupon> {
  const { type, version } = CreateCoupon;
  return {
    id: v5(`${type}/${data.code}`, SEED),
    type,
    version,
    correlationId: 'seed',
    time: new Date().toISOString(),
    data,
  };
}
