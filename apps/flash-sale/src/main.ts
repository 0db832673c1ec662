import { runService } from '@sluice/service-kit';
import { FlashSaleModule } from './flash-sale.module.js';

await runService({ name: 'flash-sale', module: FlashSaleModule, database: true });
