import { runService } from '@sluice/service-kit';
import { OrderLogModule } from './order-log.module.js';

await runService({ name: 'order-log', module: OrderLogModule });
