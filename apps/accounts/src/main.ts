import { runService } from '@sluice/service-kit';
import { AccountsModule } from './accounts.module.js';
import { AccountsConfig } from './config.js';
import { INVARIANTS } from './invariants.js';

await runService({
  name: 'accounts',
  module: AccountsModule,
  config: AccountsConfig,
  database: true,
  invariants: () => INVARIANTS,
});
