import { Logger } from '@nestjs/common';
import type { Letter, Outcome, Provider } from './provider.js';

/** The provider of a development system: what would be sent is kept in the table of deliveries, and logged so that a developer can read it. */
export class InboxProvider implements Provider {
  readonly #logger: Logger;

  constructor(channel: string) {
    this.#logger = new Logger(channel);
  }

  async send({ to, text }: Letter): Promise<Outcome> {
    this.#logger.log(`to ${to}: ${text}`);
    return { status: 'kept' };
  }
}
