import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import type { ConsumeMessage } from 'amqplib';
import type { Outbound } from './confirm-channel.js';
import type { Publisher } from './publisher.js';
import { replyTo } from './republishing.js';
import type { Ending } from './settlement.js';

/** Pause between attempts to publish a copy of a message, to avoid a busy loop against a failing broker. */
const PAUSE_MS = 1_000;

/** Publishes what an ending needs: the copy of the message, and the reply to its caller. */
export class Copies {
  constructor(
    private readonly publisher: Publisher,
    private readonly logger: Logger,
  ) {}

  /**
   * Publishes a confirmed copy, if any, before the ack: a crash in between duplicates a message and never loses one.
   * Retries until the broker confirms; meanwhile the message waits with its ending, and its handler does not run
   * again.
   * @param isOver whether the channel has closed, or the consumer closes
   * @returns false when it is over
   */
  async publish(copy: Outbound | undefined, operation: string, isOver: () => boolean): Promise<boolean> {
    for (let tries = 0; copy; tries += 1) {
      try {
        await this.publisher.publish(copy, { operation });
        return true;
      } catch (error) {
        if (tries === 0) this.logger.error(`not acknowledged until its copy is published: ${(error as Error).message}`);
        if (isOver()) return false;
        await pause(PAUSE_MS, undefined, { ref: false });
      }
    }
    return true;
  }

  /** Not awaited: a lost reply is a timeout for its caller, and must not delay other messages. */
  reply(ending: Ending, delivery: ConsumeMessage): void {
    const reply = 'answer' in ending && ending.answer ? replyTo(delivery, ending.answer) : undefined;
    if (reply)
      this.publisher
        .publish(reply, { whenDown: 'fail' })
        .catch((error: Error) => this.logger.warn(`an answer was lost: ${error.message}`));
  }
}
