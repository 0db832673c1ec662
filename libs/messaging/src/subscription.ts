import { Logger } from '@nestjs/common';
import type { Channel, ConsumeMessage } from 'amqplib';

/** Parts of the tags of a channel's consumers, as operators see them in the management pages. */
const FIRST = 'first';
const REST = 'rest of the prefetch';

export interface SubscriptionOptions {
  queue: string;
  prefetch: number;
  /** What comes redelivered may have killed the process before, and would take its neighbours along: it is taken one at a time. */
  startsWithOne: boolean;
  arrived(channel: Channel, delivery: ConsumeMessage): void;
  /** The broker ended the subscription: the queue was deleted or moved. */
  cancelled(): void;
}

/** The consumers of one queue on one channel, which can be ended and begun again. */
export class Subscription {
  readonly #logger: Logger;
  #consuming = false;
  /** A quorum queue delivers what is not acknowledged once more to a consumer that begins again under the same tag (seen in 3.10). */
  #begun = 0;

  constructor(
    readonly channel: Channel,
    private readonly options: SubscriptionOptions,
  ) {
    this.#logger = new Logger(options.queue);
  }

  /** Takes messages from now on. It may begin with one at a time. */
  async begin(): Promise<void> {
    const { prefetch, startsWithOne, arrived, cancelled } = this.options;
    this.#consuming = true;
    const begun = (this.#begun += 1);
    let alone = startsWithOne && prefetch > 1;
    await this.#consume(FIRST, alone ? 1 : prefetch, (delivery) => {
      if (!delivery) return cancelled();
      // What was delivered before comes first, so nothing of it waits any more.
      if (alone && !delivery.fields.redelivered && begun === this.#begun) this.#consumeTheRest();
      alone &&= delivery.fields.redelivered;
      arrived(this.channel, delivery);
    });
  }

  /** Takes nothing more; what has been delivered stays. */
  async end(): Promise<void> {
    this.#consuming = false;
    const tags = [FIRST, REST].map((part) => this.#tag(part));
    // Of a consumer that does not exist the broker says as well that it is cancelled.
    await Promise.all(tags.map((tag) => this.channel.cancel(tag).catch(() => undefined)));
  }

  /** One message, although the subscription has ended. @returns false when there is none */
  async takeOne(): Promise<boolean> {
    const delivery = await this.channel.get(this.options.queue);
    if (delivery) this.options.arrived(this.channel, delivery as unknown as ConsumeMessage);
    return delivery !== false;
  }

  /** A prefetch is that of a consumer and cannot be changed: a second one takes what is missing. */
  #consumeTheRest(): void {
    if (!this.#consuming) return;
    const arrived = (delivery: ConsumeMessage | null): void =>
      delivery ? this.options.arrived(this.channel, delivery) : undefined;
    // Fails when the channel closes, and with it the first.
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
