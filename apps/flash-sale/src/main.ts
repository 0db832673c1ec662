import { runService } from '@sluice/service-kit';
import { FlashSaleModule } from './flash-sale.module.js';
import { INVARIANTS } from './invariants.js';

await runService({ name: 'flash-sale', module: FlashSaleModule, database: true, invariants: () => INVARIANTS });
