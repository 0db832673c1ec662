import type { Channel } from 'amqplib';

/** How the broker is told that a message is finished here: handled, or to be delivered again. */
export type Settlement = 'ack' | 'reject';

/** Counts the AMQP messages of one consumer as the broker does: a batch of facts is one. */
export class DeliveryTally {
  /** Since the start. */
  delivered = 0;
  acknowledged = 0;
  /** Delivered on the open channel, and not settled yet. */
  unacknowledged = 0;
  #channel: Channel | undefined;

  arrived(channel: Channel): void {
    this.#channel = channel;
    this.delivered += 1;
    this.unacknowledged += 1;
  }

  /** What is settled on an earlier channel is delivered again on this one. */
  settled(channel: Channel, settlement: Settlement): void {
    if (channel !== this.#channel) return;
    this.unacknowledged -= 1;
    if (settlement === 'ack') this.acknowledged += 1;
  }

  /** The channel has closed: the broker has taken back what was not settled. */
  lost(): void {
    this.#channel = undefined;
    this.unacknowledged = 0;
  }
}
