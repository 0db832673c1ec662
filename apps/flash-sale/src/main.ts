import { runService } from '@sluice/service-kit';
import { FlashSaleConfig } from './config.js';
import { FlashSaleModule } from './flash-sale.module.js';
import { INVARIANTS } from './invariants.js';

await runService({
  name: 'flash-sale',
  module: FlashSaleModule,
  config: FlashSaleConfig,
  database: true,
  invariants: () => INVARIANTS,
});
