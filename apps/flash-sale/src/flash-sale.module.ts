import { Module } from '@nestjs/common';
import { CONFIG, Sweep } from '@sluice/service-kit';
import { Pool } from 'pg';
import { ClockSweep } from './clock.sweep.js';
import type { FlashSaleConfig } from './config.js';
import { FlashSaleListener } from './flash-sale.listener.js';
import { overdue } from './overdue.js';
import { PiecesGauge } from './pieces.gauge.js';
import { SaleQueries } from './sale.queries.js';
import { SalesRepository } from './sales.repository.js';

const overdueSweep = (sales: SalesRepository, pool: Pool, config: FlashSaleConfig): Sweep =>
  new Sweep('overdue', config.OVERDUE_SWEEP_MS, pool, overdue(sales, config));

@Module({
  controllers: [FlashSaleListener],
  providers: [
    SalesRepository,
    SaleQueries,
    ClockSweep,
    PiecesGauge,
    { provide: Sweep, useFactory: overdueSweep, inject: [SalesRepository, Pool, CONFIG] },
  ],
})
export class FlashSaleModule {}
