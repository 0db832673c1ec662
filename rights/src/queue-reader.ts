import { EXCHANGES, isTierQueue } from '@sluice/contracts';
import type { ChannelModel, ConfirmChannel, GetMessage } from 'amqplib';
import { openChannel } from './channel.js';

const DEAD = '.dead';

interface Delivered {
  readonly queue: string;
  readonly delivery: GetMessage;
}

/** Reads the queues of a vhost as an administrator. */
export class QueueReader {
  readonly #consumed: readonly string[];
  readonly #dead: readonly string[];
  /** The queues in which failed messages wait. */
  readonly tiers: readonly string[];

  constructor(
    private readonly connection: ChannelModel,
    queues: readonly string[],
  ) {
    this.tiers = queues.filter(isTierQueue);
    this.#dead = queues.filter((name) => name.endsWith(DEAD));
    const others = new Set([...this.tiers, ...this.#dead]);
    this.#consumed = queues.filter((name) => !others.has(name) && !name.startsWith(`${EXCHANGES.prefix}.`));
  }

  channel(): Promise<ConfirmChannel> {
    return openChannel(this.connection);
  }

  /** Takes all messages that a consumer would get. */
  async take(): Promise<Delivered[]> {
    return (await Promise.all(this.#consumed.map((queue) => this.#takeFrom(queue)))).flat();
  }

  async areEmpty(queues: readonly string[]): Promise<boolean> {
    const depths = await Promise.all(queues.map((queue) => this.#depth(queue)));
    return depths.every((depth) => depth === 0);
  }

  /** The queues that have dead letters. */
  async withDeadLetters(): Promise<string[]> {
    const depths = await Promise.all(this.#dead.map((queue) => this.#depth(queue)));
    return this.#dead.filter((_, index) => depths[index] !== 0).map((queue) => queue.slice(0, -DEAD.length));
  }

  #takeFrom(queue: string): Promise<Delivered[]> {
    return this.#withChannel(async (channel) => {
      const taken: Delivered[] = [];
      const next = (): Promise<GetMessage | false> => channel.get(queue, { noAck: true });
      for (let delivery = await next(); delivery; delivery = await next()) taken.push({ queue, delivery });
      return taken;
    });
  }

  #depth(queue: string): Promise<number> {
    return this.#withChannel(async (channel) => (await channel.checkQueue(queue)).messageCount);
  }

  async #withChannel<T>(work: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
    const channel = await this.channel();
    const result = await work(channel);
    await channel.close();
    return result;
  }
}
