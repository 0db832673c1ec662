import { Module } from '@nestjs/common';
import { runService } from '@sluice/service-kit';
import { CounterListener } from './counter.listener.js';

@Module({ controllers: [CounterListener] })
class CounterModule {}

await runService({ name: 'counter', module: CounterModule, database: true });
