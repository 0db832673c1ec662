// @ts-nocheck
import { connectTo } from '@sluice/stack/rabbitmq/operator';

/** What a broker's refusal is called: a right is missing, or the property `user-id` names another user. */
const REFUSED = /ACCESS_REFUSED|PRECONDITION_FAILED - user_id/;

/** One user of the broker, who tries what it may do. */
export class User {
  #channel;
  #allowed;

  /** @param {import('amqplib').ChannelModel} connection @param {string} name of the service */
  constructor(connection, name) {
    this.connection = connection;
    this.name = name;
  }

  static async open(url, name) {
    return new User(await connectTo({ url }, `rights: ${name}`), name);
  }

  channel() {
    // What the error says is also what the call fails with.
    return this.connection.createConfirmChannel().then((channel) => channel.on('error', () => {}));
  }

  /**
   * Tries one thing; a refusal closes the channel.
   * @param {(channel: import('amqplib').ConfirmChannel) => unknown} work
   * @returns {Promise<string | undefined>} the broker's refusal @throws Error when it fails for another reason
   */
  async attempt(work) {
    const channel = (this.#channel ??= await this.channel());
    const closed = new Promise((_, reject) => channel.once('error', reject));
    closed.catch(() => {});
    try {
      await Promise.race([work(channel), closed]);
      return undefined;
    } catch (error) {
      this.#channel = undefined;
      // A confirm that fails because the channel closes does not say why; the channel's own error does.
      const why = await closed.catch((one) => one);
      if (!REFUSED.test(why.message)) throw error;
      return why.message;
    } finally {
      channel.removeAllListeners('error').on('error', () => {});
    }
  }

  /** @returns {Promise<string | undefined>} the broker's refusal */
  publish(exchange, key, properties) {
    return this.attempt((channel) => published(channel, exchange, key, properties));
  }

  /** The same of what is known not to be refused, on a channel that no refusal closes. @returns {Promise<void>} */
  async publishAllowed(exchange, key, properties) {
    this.#allowed ??= this.channel();
    return published(await this.#allowed, exchange, key, properties);
  }

  close() {
    return this.connection.close();
  }
}

/** Resolves when the broker has it. */
const published = (channel, exchange, key, properties) =>
  new Promise((resolve, reject) => {
    channel.publish(exchange, key, Buffer.from('{}'), properties, (error) =>
      error ? reject(error) : resolve(undefined),
    );
  });
