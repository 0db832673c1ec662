import { runService } from '@sluice/service-kit';
import { PromotionsConfig } from './config.js';
import { INVARIANTS } from './invariants.js';
import { PromotionsModule } from './promotions.module.js';

await runService({
  name: 'promotions',
  module: PromotionsModule,
  config: PromotionsConfig,
  database: true,
  invariants: () => INVARIANTS,
});
