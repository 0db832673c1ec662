import { Module } from '@nestjs/common';
import { Catalogue } from './catalogue.js';
import { InventoryListener } from './inventory.listener.js';
import { InventoryRepository } from './inventory.repository.js';
import { Seed } from './seed.js';

@Module({ controllers: [InventoryListener], providers: [InventoryRepository, Catalogue, Seed] })
export class InventoryModule {}
