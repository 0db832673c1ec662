import { Logger } from '@nestjs/common';
import type { ProviderMessage, Outcome, Provider } from './provider.js';

/** The provider of a development system: messages are kept in the table of deliveries, and logged for developers. */
export class FakeProvider implements Provider {
  readonly #logger: Logger;

  constructor(channel: string) {
    this.#logger = new Logger(channel);
  }

  async send({ to, text }: ProviderMessage): Promise<Outcome> {
    this.#logger.log(`to ${to}: ${text}`);
    return { status: 'kept' };
  }
}
