import { Module } from '@nestjs/common';
import { prismaClient, Reannouncement } from '@sluice/service-kit';
import { Pool } from 'pg';
import { CustomerRepository } from './customer.repository.js';
import { DeadlinesSweep } from './deadlines.sweep.js';
import { PrismaClient } from './generated/prisma/client.js';
import { orderReannouncement } from './order.reannouncement.js';
import { OrderQueries } from './order.queries.js';
import { OrderRepository } from './order.repository.js';
import { OrdersListener } from './orders.listener.js';
import { ProductCopyRepository } from './product-copy.repository.js';
import { InventoryCalls } from './inventory.calls.js';
import { RecordsSweep } from './records.sweep.js';

@Module({
  controllers: [OrdersListener],
  providers: [
    prismaClient(PrismaClient),
    ...[OrderRepository, OrderQueries, CustomerRepository, ProductCopyRepository],
    ...[InventoryCalls, DeadlinesSweep, RecordsSweep],
    { provide: Reannouncement, useFactory: orderReannouncement, inject: [Pool, OrderRepository] },
  ],
})
export class OrdersModule {}
