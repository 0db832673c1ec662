import type { ChannelModel, ConfirmChannel, Options } from 'amqplib';
import { connectToBroker } from '@sluice/stack/rabbitmq/administration';
import { openChannel } from './channel.js';

/** The broker's refusals: a right is missing, or the property `user-id` names another user. */
const REFUSED = /ACCESS_REFUSED|PRECONDITION_FAILED - user_id/;

/** One user of the broker, who tries what it may do. */
export class User {
  #channel: Promise<ConfirmChannel> | undefined;
  #channelForAllowed: Promise<ConfirmChannel> | undefined;

  private constructor(
    private readonly connection: ChannelModel,
    /** Of its service. */
    readonly name: string,
  ) {}

  static async open(url: string, name: string): Promise<User> {
    return new User(await connectToBroker({ url }, `rights: ${name}`), name);
  }

  channel(): Promise<ConfirmChannel> {
    return openChannel(this.connection);
  }

  /**
   * Tries one operation; a refusal closes the channel.
   * @returns the broker's refusal
   * @throws Error when it fails for another reason
   */
  async attempt(operation: (channel: ConfirmChannel) => Promise<unknown>): Promise<string | undefined> {
    const channel = await (this.#channel ??= this.channel());
    const closed = new Promise<never>((_, reject) => channel.once('error', reject));
    closed.catch(() => {});
    try {
      await Promise.race([operation(channel), closed]);
      return undefined;
    } catch {
      this.#channel = undefined;
      // A confirm that fails because the channel closes has no reason; the channel's own error has.
      return await closed.catch(refusalOf);
    } finally {
      channel.removeAllListeners('error').on('error', () => {});
    }
  }

  /** @returns the broker's refusal */
  publish(exchange: string, key: string, properties: Options.Publish): Promise<string | undefined> {
    return this.attempt((channel) => publish(channel, exchange, key, properties));
  }

  /** The same of what is known to be allowed, on a channel that no refusal closes. */
  async publishAllowed(exchange: string, key: string, properties: Options.Publish): Promise<void> {
    return publish(await (this.#channelForAllowed ??= this.channel()), exchange, key, properties);
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}

/** @throws the error when it is no refusal */
function refusalOf(error: unknown): string {
  if (error instanceof Error && REFUSED.test(error.message)) return error.message;
  throw error;
}

/** Resolves when the broker has confirmed it. */
const publish = (channel: ConfirmChannel, exchange: string, key: string, properties: Options.Publish): Promise<void> =>
  new Promise((resolve, reject) => {
    channel.publish(exchange, key, Buffer.from('{}'), properties, (error: unknown) =>
      error ? reject(error as Error) : resolve(),
    );
  });
