import { runService } from '@sluice/service-kit';
import { InventoryConfig } from './config.js';
import { INVARIANTS } from './invariants.js';
import { InventoryModule } from './inventory.module.js';

await runService({
  name: 'inventory',
  module: InventoryModule,
  config: InventoryConfig,
  database: true,
  invariants: () => INVARIANTS,
});
