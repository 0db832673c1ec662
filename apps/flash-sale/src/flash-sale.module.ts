import { Module } from '@nestjs/common';
import { ClockSweep } from './clock.sweep.js';
import { FlashSaleListener } from './flash-sale.listener.js';
import { PiecesGauge } from './pieces.gauge.js';
import { SaleQueries } from './sale.queries.js';
import { SalesRepository } from './sales.repository.js';

@Module({ controllers: [FlashSaleListener], providers: [SalesRepository, SaleQueries, ClockSweep, PiecesGauge] })
export class FlashSaleModule {}
