import type { DynamicModule, Provider } from '@nestjs/common';
import { MessageClient, Publisher } from '@sluice/messaging';

/** Token of the process's validated configuration: `@Inject(CONFIG) config: OrdersConfig`. */
export const CONFIG = Symbol('config');

class ServiceKitModule {}

/** Global module with the configuration, the message client, its publisher, and the providers in `more`. */
export function globalModule(config: object, client: MessageClient, more: Provider[] = []): DynamicModule {
  const providers: Provider[] = [
    { provide: CONFIG, useValue: config },
    { provide: MessageClient, useValue: client },
    { provide: Publisher, useValue: client.publisher },
    ...more,
  ];
  return { module: ServiceKitModule, global: true, providers, exports: providers };
}
