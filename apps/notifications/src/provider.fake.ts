import { Logger } from '@nestjs/common';
import { FakeSwitch } from '@sluice/service-kit';
import type { ProviderMessage, Outcome, Provider } from './provider.js';

/** The provider of a development system: messages are kept in the table of deliveries, and logged for developers. */
export class FakeProvider implements Provider {
  readonly #logger: Logger;

  constructor(
    channel: string,
    private readonly switched = new FakeSwitch(channel),
  ) {
    this.#logger = new Logger(channel);
  }

  send(message: ProviderMessage): Promise<Outcome> {
    return this.switched.answer<Outcome>(
      () => this.#keep(message),
      () => ({ status: 'refused', reason: 'it refuses everything' }),
    );
  }

  #keep({ to, text }: ProviderMessage): Outcome {
    this.#logger.log(`to ${to}: ${text}`);
    return { status: 'kept' };
  }
}
