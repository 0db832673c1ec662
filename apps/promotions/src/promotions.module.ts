import { Module } from '@nestjs/common';
import { prismaClient } from '@sluice/service-kit';
import { PrismaClient } from './generated/prisma/client.js';
import { PointsQueries } from './points.queries.js';
import { PromotionsListener } from './promotions.listener.js';
import { PromotionsRepository } from './promotions.repository.js';
import { Seed } from './seed.js';

@Module({
  controllers: [PromotionsListener],
  providers: [prismaClient(PrismaClient), PromotionsRepository, PointsQueries, Seed],
})
export class PromotionsModule {}
