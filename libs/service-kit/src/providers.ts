import type { DynamicModule, Provider } from '@nestjs/common';
import { MessageClient, Publisher } from '@sluice/messaging';

/** The process's checked configuration: `@Inject(CONFIG) config: OrdersConfig`. */
export const CONFIG = Symbol('config');

class ServiceKitModule {}

/** What every process gives to its classes: its configuration and its way to the broker, and what `more` adds. */
export function globalModule(config: object, client: MessageClient, more: Provider[] = []): DynamicModule {
  const providers: Provider[] = [
    { provide: CONFIG, useValue: config },
    { provide: MessageClient, useValue: client },
    { provide: Publisher, useValue: client.publisher },
    ...more,
  ];
  return { module: ServiceKitModule, global: true, providers, exports: providers };
}
