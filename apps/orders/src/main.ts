import { runService } from '@sluice/service-kit';
import { OrdersConfig } from './config.js';
import { invariantsOf } from './invariants.js';
import { OrdersModule } from './orders.module.js';

await runService({
  name: 'orders',
  module: OrdersModule,
  config: OrdersConfig,
  database: true,
  invariants: invariantsOf,
});
