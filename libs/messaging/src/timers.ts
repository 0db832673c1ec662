import { system } from '@sluice/contracts/kit';
import type { AmqpConnectionManager } from 'amqp-connection-manager';
import type { ChannelModel } from 'amqplib';
import type { Outbound } from './confirm-channel.js';

/**
 * Delay queues of timers: one per delay, because only the head of a queue expires. Each is declared when its first
 * timer is published, once per connection, so any delay can be used at any time.
 */
export class TimerQueues {
  readonly #declared = new Map<string, Promise<void>>();

  constructor(private readonly manager: AmqpConnectionManager) {
    // The broker may come back empty.
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

  /** Forgets a queue that was deleted on the broker. */
  forget(queue: string): void {
    this.#declared.delete(queue);
  }
}

/** The type of a message published directly to a delay queue; undefined for every other message. */
export function timerType({ exchange, routingKey, properties }: Outbound): string | undefined {
  const waitsIn = exchange === '' ? system().catalogue.contracts.get(String(properties.type))?.waitsIn : undefined;
  return waitsIn !== undefined && routingKey.startsWith(`${waitsIn}.`) ? String(properties.type) : undefined;
}

/**
 * Declares a durable queue without consumers, which dead-letters to the timer's owner when the time is up. Never with
 * `x-expires`, which deletes queues that still hold messages. Uses its own channel, since a refusal closes it; the
 * listener keeps the error from also closing the connection.
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
      'x-dead-letter-exchange': system().exchanges.commands,
      'x-dead-letter-routing-key': type,
      // The default, at-most-once, loses messages that expire while their target cannot accept them.
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    },
  });
  await channel.close();
}
