import type { Contract } from '@sluice/contracts';
import type { ConfirmChannel } from 'amqplib';

/** A command that its owner sends to itself for later, and how long it waits. One queue per length: only the head of a queue expires. */
export interface Timer {
  readonly contract: Contract;
  /** Milliseconds. */
  readonly delayMs: number;
}

/**
 * Declares the queues in which timers wait: durable, without consumers, and back to their owner when the time is up.
 * Never with `x-expires`, which deletes queues that still hold messages. A changed length is another queue; the old one runs dry.
 */
export async function declareTimers(channel: ConfirmChannel, timers: readonly Timer[]): Promise<void> {
  for (const { contract, delayMs } of timers) {
    if (contract.waitsIn === undefined) throw new Error(`${contract.type} is no timer: its contract does not say what it waits in`);
    await channel.assertQueue(`${contract.waitsIn}.${delayMs}`, {
      durable: true,
      arguments: {
        'x-queue-type': 'quorum',
        'x-message-ttl': delayMs,
        'x-dead-letter-exchange': 'shop.commands',
        'x-dead-letter-routing-key': contract.type,
        // At most once is the default, and loses what expires while its target cannot take it.
        'x-dead-letter-strategy': 'at-least-once',
        'x-overflow': 'reject-publish',
      },
    });
  }
}
