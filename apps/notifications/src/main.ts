import { runService } from '@sluice/service-kit';
import { NotificationsConfig } from './config.js';
import { NotificationsModule } from './notifications.module.js';

await runService({ name: 'notifications', module: NotificationsModule, config: NotificationsConfig, database: true });
