import { catalogue } from '@sluice/contracts';
import type { AmqpConnectionManager } from 'amqp-connection-manager';
import type { ChannelModel } from 'amqplib';
import type { Outbound } from './confirm-channel.js';

/**
 * The queues in which timers wait: one per length, because only the head of a queue expires. Declared when their first timer
 * is published, once per connection, so that any length may be asked for at any time.
 */
export class TimerQueues {
  readonly #declared = new Map<string, Promise<void>>();

  constructor(private readonly manager: AmqpConnectionManager) {
    // The broker that comes back may be an empty one.
    manager.on('disconnect', () => this.#declared.clear());
  }

  /** @throws Error when the broker cannot be reached or refuses the queue */
  async declare(queue: string, type: string): Promise<void> {
    const declaring = this.#declared.get(queue) ?? declare(this.manager.connection, queue, type);
    this.#declared.set(queue, declaring);
    await declaring.catch((error: unknown) => {
      this.forget(queue);
      throw error;
    });
  }

  /** Somebody has removed it. */
  forget(queue: string): void {
    this.#declared.delete(queue);
  }
}

/** The type of a message that goes straight into a queue where timers wait, undefined of every other message. */
export function timerType({ exchange, routingKey, properties }: Outbound): string | undefined {
  const waitsIn = exchange === '' ? catalogue.get(String(properties.type))?.waitsIn : undefined;
  return waitsIn !== undefined && routingKey.startsWith(`${waitsIn}.`) ? String(properties.type) : undefined;
}

/**
 * Durable, without consumers, and back to its owner when the time is up. Never with `x-expires`, which deletes queues that
 * still hold messages. On a channel of its own, since a refusal closes it; the listener keeps the error from the connection.
 */
async function declare(connection: ChannelModel | undefined, queue: string, type: string): Promise<void> {
  if (!connection) throw new Error('there is no connection to the broker');
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  await channel.assertQueue(queue, {
    durable: true,
    arguments: {
      'x-queue-type': 'quorum',
      'x-message-ttl': Number(queue.slice(queue.lastIndexOf('.') + 1)),
      'x-dead-letter-exchange': 'shop.commands',
      'x-dead-letter-routing-key': type,
      // At most once is the default, and loses what expires while its target cannot take it.
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    },
  });
  await channel.close();
}
