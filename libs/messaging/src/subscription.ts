import { Logger } from '@nestjs/common';
import type { Channel, ConsumeMessage } from 'amqplib';

/** Parts of the consumer tags of a channel, shown in the management pages. */
const FIRST = 'first';
const REST = 'rest of the prefetch';

export interface SubscriptionOptions {
  queue: string;
  prefetch: number;
  /**
   * Take redelivered messages one at a time: such a message may have crashed the process before, and would take
   * others along.
   */
  startsWithOne: boolean;
  arrived(channel: Channel, delivery: ConsumeMessage): void;
  /** The broker ended the subscription: the queue was deleted or moved. */
  cancelled(): void;
}

/** The consumers of one queue on one channel; can be ended and begun again. */
export class Subscription {
  readonly #logger: Logger;
  #consuming = false;
  /**
   * Part of the tags, because a quorum queue redelivers unacknowledged messages to a consumer that begins again under
   * the same tag (seen in RabbitMQ 3.10).
   */
  #begun = 0;

  constructor(
    readonly channel: Channel,
    private readonly options: SubscriptionOptions,
  ) {
    this.#logger = new Logger(options.queue);
  }

  /** Starts consuming, with one message at a time if required. */
  async begin(): Promise<void> {
    const { prefetch, startsWithOne, arrived, cancelled } = this.options;
    this.#consuming = true;
    const begun = (this.#begun += 1);
    let alone = startsWithOne && prefetch > 1;
    await this.#consume(FIRST, alone ? 1 : prefetch, (delivery) => {
      if (!delivery) return cancelled();
      // Redelivered messages come first, so after a fresh one no redelivered message is left.
      if (alone && !delivery.fields.redelivered && begun === this.#begun) this.#consumeTheRest();
      alone &&= delivery.fields.redelivered;
      arrived(this.channel, delivery);
    });
  }

  /** Stops consuming; delivered messages stay unacknowledged. */
  async end(): Promise<void> {
    this.#consuming = false;
    const tags = [FIRST, REST].map((part) => this.#tag(part));
    // The broker confirms the cancellation of unknown consumers too.
    await Promise.all(tags.map((tag) => this.channel.cancel(tag).catch(() => undefined)));
  }

  /**
   * Fetches one message although the subscription has ended.
   * @returns false when the queue is empty
   */
  async takeOne(): Promise<boolean> {
    const delivery = await this.channel.get(this.options.queue);
    if (delivery) this.options.arrived(this.channel, delivery as unknown as ConsumeMessage);
    return delivery !== false;
  }

  /** The prefetch of a consumer cannot be changed, so a second consumer takes the rest. */
  #consumeTheRest(): void {
    if (!this.#consuming) return;
    const arrived = (delivery: ConsumeMessage | null): void =>
      delivery ? this.options.arrived(this.channel, delivery) : undefined;
    // Fails when the channel closes, which also ends the first consumer.
    this.#consume(REST, this.options.prefetch - 1, arrived).catch((error: Error) =>
      this.#logger.debug(`one at a time until the next connection: ${error.message}`),
    );
  }

  async #consume(part: string, prefetch: number, arrived: (delivery: ConsumeMessage | null) => void): Promise<void> {
    await Promise.all([
      this.channel.prefetch(prefetch),
      this.channel.consume(this.options.queue, arrived, { consumerTag: this.#tag(part) }),
    ]);
  }

  readonly #tag = (part: string): string => `${part} ${this.#begun}`;
}
