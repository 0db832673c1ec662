import { runService } from '@sluice/service-kit';
import { LogisticsConfig } from './config.js';
import { LogisticsModule } from './logistics.module.js';

await runService({ name: 'logistics', module: LogisticsModule, config: LogisticsConfig, database: true });
