import type { Channel } from 'amqplib';

/** A channel for occasional work, opened when it is first needed, and again after it was closed. */
export class SideChannel {
  #channel: Promise<Channel> | undefined;

  constructor(private readonly open: () => Promise<Channel>) {}

  /** @throws Error no connection */
  get(): Promise<Channel> {
    return (this.#channel ??= this.#opened());
  }

  async close(): Promise<void> {
    const channel = this.#channel;
    this.#channel = undefined;
    await channel?.then((open) => open.close()).catch(() => undefined);
  }

  async #opened(): Promise<Channel> {
    try {
      const channel = await this.open();
      const opened = this.#channel;
      channel.once('close', () => this.#channel === opened && (this.#channel = undefined));
      return channel;
    } catch (error) {
      this.#channel = undefined;
      throw error;
    }
  }
}
