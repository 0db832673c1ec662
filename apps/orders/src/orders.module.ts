import { Module } from '@nestjs/common';
import { OrderQueries } from './order.queries.js';
import { OrderRepository } from './order.repository.js';
import { PaymentWindowSweep } from './payment-window.sweep.js';
import { OrdersListener } from './orders.listener.js';
import { ProductCopies } from './product-copies.js';

@Module({ controllers: [OrdersListener], providers: [OrderRepository, OrderQueries, ProductCopies, PaymentWindowSweep] })
export class OrdersModule {}
