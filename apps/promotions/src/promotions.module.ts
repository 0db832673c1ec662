import { Module } from '@nestjs/common';
import { prismaClient } from '@sluice/service-kit';
import { CouponRepository } from './coupon.repository.js';
import { PrismaClient } from './generated/prisma/client.js';
import { PointsQueries } from './points.queries.js';
import { PointsRepository } from './points.repository.js';
import { PromotionsListener } from './promotions.listener.js';
import { Seed } from './seed.js';

@Module({
  controllers: [PromotionsListener],
  providers: [prismaClient(PrismaClient), CouponRepository, PointsRepository, PointsQueries, Seed],
})
export class PromotionsModule {}
