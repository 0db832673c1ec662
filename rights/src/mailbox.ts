// @ts-nocheck
/** What has come to the queues of a vhost, read by an administrator. */
export class Mailbox {
  /** @param {import('amqplib').ChannelModel} connection @param {string[]} queues */
  constructor(connection, queues) {
    this.connection = connection;
    this.tiers = queues.filter((name) => /\.retry\.\d+$/.test(name));
    this.consumed = queues.filter(
      (name) => !name.endsWith('.dead') && !this.tiers.includes(name) && !name.startsWith('shop.'),
    );
    this.letters = queues.filter((name) => name.endsWith('.dead'));
  }

  channel() {
    return this.connection.createConfirmChannel().then((channel) => channel.on('error', () => {}));
  }

  /**
   * Takes all messages that a consumer would get.
   * @returns {Promise<{ queue: string, delivery: import('amqplib').GetMessage }[]>}
   */
  async take() {
    const taken = await Promise.all(this.consumed.map((queue) => this.#all(queue)));
    return taken.flat();
  }

  async areEmpty(queues) {
    const depths = await Promise.all(queues.map((queue) => this.#depth(queue)));
    return depths.every((depth) => depth === 0);
  }

  /** @returns {Promise<string[]>} the queues that have dead letters */
  async withLetters() {
    const depths = await Promise.all(
      this.letters.map(async (queue) => [queue.slice(0, -'.dead'.length), await this.#depth(queue)]),
    );
    return depths.filter(([, depth]) => depth > 0).map(([queue]) => queue);
  }

  async #all(queue) {
    const channel = await this.channel();
    const found = [];
    for (
      let delivery = await channel.get(queue, { noAck: true });
      delivery;
      delivery = await channel.get(queue, { noAck: true })
    )
      found.push({ queue, delivery });
    await channel.close();
    return found;
  }

  async #depth(queue) {
    const channel = await this.channel();
    const { messageCount } = await channel.checkQueue(queue);
    await channel.close();
    return messageCount;
  }
}
