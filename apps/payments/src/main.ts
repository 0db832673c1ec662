import { runService } from '@sluice/service-kit';
import { PaymentsConfig } from './config.js';
import { INVARIANTS } from './invariants.js';
import { PaymentsModule } from './payments.module.js';

await runService({
  name: 'payments',
  module: PaymentsModule,
  config: PaymentsConfig,
  database: true,
  invariants: () => INVARIANTS,
});
