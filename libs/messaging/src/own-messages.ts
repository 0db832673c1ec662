import type { ConsumeMessage } from 'amqplib';
import type { WireMessage } from './codec.js';

/** The tags of the broker begin at 1. */
const OWN = 0;

/**
 * The messages that a process has sent to a queue which it consumes itself, while they are handled or held. They need
 * no broker while the process lives: their outbox row stays until they are handled, so a crash leaves them to the sweep
 * of the outbox.
 */
export class OwnMessages {
  readonly #ends = new Map<ConsumeMessage, (handled: boolean) => void>();

  /**
   * Calls `handle` with the delivery that the broker would make of the message.
   * @param userId the sender that the broker would verify
   * @returns whether it was handled. False: publish it
   */
  add(message: WireMessage, userId: string | undefined, handle: (delivery: ConsumeMessage) => void): Promise<boolean> {
    const delivery = asDelivery(message, userId);
    const handled = new Promise<boolean>((end) => this.#ends.set(delivery, end));
    handle(delivery);
    return handled;
  }

  /** @returns false when the delivery is one of the broker, which must be acknowledged */
  end(delivery: ConsumeMessage, handled: boolean): boolean {
    this.#ends.get(delivery)?.(handled);
    this.#ends.delete(delivery);
    return delivery.fields.deliveryTag === OWN;
  }

  /** Ends all as not handled; one that is being handled may be handled twice, as a redelivered message is. */
  giveBack(): void {
    for (const end of this.#ends.values()) end(false);
    this.#ends.clear();
  }
}

function asDelivery({ exchange, routingKey, properties, body }: WireMessage, userId?: string): ConsumeMessage {
  const fields = { exchange, routingKey, redelivered: false, deliveryTag: OWN, consumerTag: '' };
  return {
    content: Buffer.from(body),
    fields,
    properties: { ...properties, userId } as unknown as ConsumeMessage['properties'],
  };
}
