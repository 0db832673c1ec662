import { Module } from '@nestjs/common';
import { PointsQueries } from './points.queries.js';
import { PromotionsListener } from './promotions.listener.js';
import { PromotionsRepository } from './promotions.repository.js';
import { Seed } from './seed.js';

@Module({ controllers: [PromotionsListener], providers: [PromotionsRepository, PointsQueries, Seed] })
export class PromotionsModule {}
