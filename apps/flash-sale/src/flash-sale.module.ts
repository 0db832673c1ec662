import { Module } from '@nestjs/common';
import { CONFIG, prismaClient, Reannouncement, Sweep } from '@sluice/service-kit';
import { Pool } from 'pg';
import { ClockSweep } from './clock.sweep.js';
import { FlashSaleListener } from './flash-sale.listener.js';
import { PrismaClient } from './generated/prisma/client.js';
import { overdueSweep } from './overdue.sweep.js';
import { PiecesGauge } from './pieces.gauge.js';
import { saleReannouncement } from './sale.reannouncement.js';
import { SaleQueries } from './sale.queries.js';
import { SaleRepository } from './sale.repository.js';

@Module({
  controllers: [FlashSaleListener],
  providers: [
    prismaClient(PrismaClient),
    ...[SaleRepository, SaleQueries, ClockSweep, PiecesGauge],
    { provide: Sweep, useFactory: overdueSweep, inject: [Pool, SaleRepository, CONFIG] },
    { provide: Reannouncement, useFactory: saleReannouncement, inject: [Pool, SaleRepository] },
  ],
})
export class FlashSaleModule {}
