import type { Logger } from '@nestjs/common';
import type { Channel, ConsumeMessage } from 'amqplib';
import { setTimeout as pause } from 'node:timers/promises';
import type { DeliveryTally, Settlement } from './delivery-tally.js';
import type { OwnMessages } from './own-messages.js';

/** Only after a handler that took too long for a shutdown. */
const SINGLE_ACKS_ARRIVE_WITHIN_MS = 150;

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
  /** Acks of a shutdown, which are sent together; undefined once they are sent. */
  #waiting: { channel: Channel; message: ConsumeMessage }[] | undefined = [];

  constructor(
    private readonly logger: Logger,
    private readonly own: OwnMessages,
    private readonly tally: DeliveryTally,
    private readonly isClosing: () => boolean,
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
    if (batch.rejected) this.#send(() => channel.reject(batch.message, true));
    else if (this.isClosing() && this.#waiting) this.#waiting.push({ channel, message: batch.message });
    else this.#send(() => channel.ack(batch.message));
  }

  /**
   * Sends the acks that wait, and resolves when the channel may be closed. They are one ack of many messages, unless
   * something else is open on the channel: the broker passes that on at once. Of single acks it passes some 32 to a
   * quorum queue at a time, and loses the others with the channel (66 of 100 in RabbitMQ 3.10).
   */
  async sendAcks(): Promise<void> {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    const [last] = waiting.slice(-1);
    if (last && this.tally.unacknowledged === 0) return this.#send(() => last.channel.ackAll());
    for (const { channel, message } of waiting) this.#send(() => channel.ack(message));
    if (waiting.length > 0) await pause(SINGLE_ACKS_ARRIVE_WITHIN_MS);
  }

  #send(send: () => void): void {
    try {
      send();
    } catch {
      this.logger.debug('the channel closed before the ack: the broker delivers it again');
    }
  }
}
