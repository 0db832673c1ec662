import type { Channel } from 'amqplib';
import { SideChannel } from './side-channel.js';

/** AMQP messages that are ready in a queue, and its consumers. */
export interface QueueDepth {
  ready: number;
  consumers: number;
}

/** A queue that cannot be inspected is tried again after this time, since each try costs a channel. Milliseconds. */
const TRY_AGAIN_MS = 60_000;

/**
 * Depths of queues by passive declares, which need no right on brokers that report them at all. All are read on one
 * channel that stays open: a scrape every minute may open one for each queue, a pulse every second may not.
 */
export class QueueDepths {
  readonly #channel: SideChannel;
  readonly #notBefore = new Map<string, number>();

  constructor(open: () => Promise<Channel>) {
    this.#channel = new SideChannel(open);
  }

  /** @returns without the queues that do not exist, or that the broker does not report to this user */
  async read(queues: readonly string[]): Promise<Map<string, QueueDepth>> {
    const depths = new Map<string, QueueDepth>();
    for (const queue of queues) {
      const depth = await this.#depthOf(queue);
      if (depth) depths.set(queue, depth);
    }
    return depths;
  }

  close(): Promise<void> {
    return this.#channel.close();
  }

  async #depthOf(queue: string): Promise<QueueDepth | undefined> {
    if (performance.now() < (this.#notBefore.get(queue) ?? 0)) return undefined;
    try {
      const { messageCount: ready, consumerCount: consumers } = await (await this.#channel.get()).checkQueue(queue);
      return { ready, consumers };
    } catch (error) {
      // Only a refusal by the broker has a code. It has closed the channel.
      if ((error as { code?: number }).code !== undefined) this.#notBefore.set(queue, performance.now() + TRY_AGAIN_MS);
      return undefined;
    }
  }
}
