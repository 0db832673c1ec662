import { Module } from '@nestjs/common';
import { prismaClient } from '@sluice/service-kit';
import { Catalogue } from './catalogue.js';
import { PrismaClient } from './generated/prisma/client.js';
import { InventoryListener } from './inventory.listener.js';
import { InventoryRepository } from './inventory.repository.js';
import { Seed } from './seed.js';

@Module({
  controllers: [InventoryListener],
  providers: [prismaClient(PrismaClient), InventoryRepository, Catalogue, Seed],
})
export class InventoryModule {}
