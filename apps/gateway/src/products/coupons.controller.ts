import { Body, Controller, Post } from '@nestjs/common';
import { Coupon, CreateCoupon, NewCoupon } from '@sluice/contracts';
import { Describe } from '@sluice/http-kit';
import type { z } from 'zod';
import { Rpc } from '../rpc.js';
import { Roles } from '../web/auth.js';

@Controller('coupons')
export class CouponsController {
  constructor(private readonly rpc: Rpc) {}

  @Roles('admin')
  @Post()
  @Describe('Add a coupon; the same one twice is one', { 201: Coupon, 409: 'The code is another coupon’s' })
  create(@Body({ schema: NewCoupon }) coupon: z.output<typeof NewCoupon>): Promise<Coupon> {
    return this.rpc.request(CreateCoupon, coupon);
  }
}
