import { Module } from '@nestjs/common';
import { OrderLogListener } from './order-log.listener.js';

@Module({ controllers: [OrderLogListener] })
export class OrderLogModule {}
