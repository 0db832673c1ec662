import { runService } from '@sluice/service-kit';
import { AccountsModule } from './accounts.module.js';
import { AccountsConfig } from './config.js';

await runService({ name: 'accounts', module: AccountsModule, config: AccountsConfig, database: true });
