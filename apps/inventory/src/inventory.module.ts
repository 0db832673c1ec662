import { Module } from '@nestjs/common';
import { prismaClient, Reannouncement } from '@sluice/service-kit';
import { Pool } from 'pg';
import { PrismaClient } from './generated/prisma/client.js';
import { InventoryListener } from './inventory.listener.js';
import { ProductQueries } from './product.queries.js';
import { productReannouncement } from './product.reannouncement.js';
import { ProductRepository } from './product.repository.js';
import { Seed } from './seed.js';
import { StockRepository } from './stock.repository.js';

@Module({
  controllers: [InventoryListener],
  providers: [
    ...[prismaClient(PrismaClient), StockRepository, ProductRepository, ProductQueries, Seed],
    { provide: Reannouncement, useFactory: productReannouncement, inject: [Pool, ProductRepository] },
  ],
})
export class InventoryModule {}
