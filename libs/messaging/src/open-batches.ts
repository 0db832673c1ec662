import type { Logger } from '@nestjs/common';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { DeliveryTally, Settlement } from './delivery-tally.js';
import type { OwnMessages } from './own-messages.js';

interface OpenBatch {
  readonly message: ConsumeMessage;
  /** Facts that are not settled yet. */
  open: number;
  rejected: boolean;
}

/**
 * The batches whose facts are being handled. The AMQP message is acknowledged when all its facts are settled, and
 * given back when one of them is: the broker knows only the whole.
 */
export class OpenBatches {
  readonly #batches = new WeakMap<ConsumeMessage, OpenBatch>();

  constructor(
    private readonly logger: Logger,
    private readonly own: OwnMessages,
    private readonly tally: DeliveryTally,
  ) {}

  add(message: ConsumeMessage, facts: readonly ConsumeMessage[]): void {
    const batch = { message, open: facts.length, rejected: false };
    for (const fact of facts) this.#batches.set(fact, batch);
  }

  /**
   * Settles a fact of a batch, a message that came alone, or one that never was at the broker. Only on the channel that
   * delivered: on a later channel the same tag is another message. reject, not nack: since RabbitMQ 4.3 only a reject
   * counts towards the delivery limit.
   */
  acknowledge(channel: Channel, fact: ConsumeMessage, settlement: Settlement): void {
    if (this.own.end(fact, settlement === 'ack')) return;
    const batch = this.#batches.get(fact) ?? { message: fact, open: 1, rejected: false };
    this.#batches.delete(fact);
    batch.open -= 1;
    batch.rejected ||= settlement === 'reject';
    if (batch.open > 0) return;
    this.tally.settled(channel, batch.rejected ? 'reject' : 'ack');
    try {
      if (batch.rejected) channel.reject(batch.message, true);
      else channel.ack(batch.message);
    } catch {
      this.logger.debug('the channel closed before the ack: the broker delivers it again');
    }
  }
}
