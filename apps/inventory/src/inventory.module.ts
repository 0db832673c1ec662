import { Module } from '@nestjs/common';
import { prismaClient } from '@sluice/service-kit';
import { PrismaClient } from './generated/prisma/client.js';
import { InventoryListener } from './inventory.listener.js';
import { ProductQueries } from './product.queries.js';
import { ProductRepository } from './product.repository.js';
import { Seed } from './seed.js';
import { StockRepository } from './stock.repository.js';

@Module({
  controllers: [InventoryListener],
  providers: [prismaClient(PrismaClient), StockRepository, ProductRepository, ProductQueries, Seed],
})
export class InventoryModule {}
