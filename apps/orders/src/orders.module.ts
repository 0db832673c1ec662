import { Module } from '@nestjs/common';
import { Customers } from './customers.js';
import { DeadlinesSweep } from './deadlines.sweep.js';
import { OrderQueries } from './order.queries.js';
import { OrderRepository } from './order.repository.js';
import { OrdersListener } from './orders.listener.js';
import { ProductCopies } from './product-copies.js';
import { ProductLookup } from './product-lookup.js';
import { RecordsPrune } from './records.prune.js';

@Module({
  controllers: [OrdersListener],
  providers: [OrderRepository, OrderQueries, ProductCopies, ProductLookup, Customers, DeadlinesSweep, RecordsPrune],
})
export class OrdersModule {}
