import { Logger } from '@nestjs/common';
import { catalogue, type Message } from '@sluice/contracts';
import type { AmqpConnectionManager } from 'amqp-connection-manager';
import type { Channel, ConsumeMessage } from 'amqplib';
import { decode, validateData } from './codec.js';
import { openConnection, type BrokerAddress } from './connection.js';
import { watched } from './metrics.js';
import { SenderVerification } from './sender-verification.js';

export interface LiveFeedOptions extends BrokerAddress {
  /** The service that reads. */
  service: string;
  /** The connection's name in the management pages. */
  name: string;
  /** How many facts may wait for this process; older ones go first. */
  maxLength?: number;
  onFact(message: Message): void;
  /** After every subscription, also the first: what was missed has to be read from its owners now. */
  onSubscribed(): void;
}

/** A second or two of facts at full load: who is further behind is better served by asking the owners. */
const MAX_LENGTH = 10_000;

/**
 * One process's ear on `shop.live`: an exclusive, bounded queue of its own, made anew after every reconnect. It may lose, so
 * what it tells is a hint; the owners know.
 */
export class LiveFeed {
  readonly #logger = new Logger('live feed');
  readonly #connection: AmqpConnectionManager;
  readonly #senders: SenderVerification;

  constructor(private readonly options: LiveFeedOptions) {
    this.#senders = new SenderVerification(options);
    this.#connection = openConnection(options, options.name);
    watched.connections.add(this.#connection);
    const wrapper = this.#connection.createChannel({
      confirm: false,
      setup: (channel: Channel) => this.#subscribe(channel),
    });
    wrapper.on('error', (error: Error) =>
      this.#logger.error(`cannot listen: ${error.message}. If shop.live is missing: npm run topology`),
    );
  }

  async close(): Promise<void> {
    watched.connections.delete(this.#connection);
    await this.#connection.close();
  }

  async #subscribe(channel: Channel): Promise<void> {
    const { maxLength = MAX_LENGTH, onSubscribed } = this.options;
    const { queue } = await channel.assertQueue('', {
      exclusive: true,
      arguments: { 'x-max-length': maxLength, 'x-overflow': 'drop-head' },
    });
    await channel.bindQueue(queue, 'shop.live', '');
    await channel.consume(queue, (delivery) => this.#arrived(delivery), { noAck: true });
    onSubscribed();
  }

  #arrived(delivery: ConsumeMessage | null): void {
    if (!delivery) return this.#connection.reconnect();
    const fact = this.#read(delivery);
    if (fact) this.options.onFact(fact);
  }

  /** A fact of another version, or of a kind that this process does not know yet, is not for it. */
  #read(delivery: ConsumeMessage): Message | undefined {
    try {
      const message = decode(delivery);
      const contract = catalogue.get(message.type);
      if (contract) this.#senders.check(delivery, contract);
      return contract?.version === message.version ? validateData(contract, message) : undefined;
    } catch (error) {
      this.#logger.warn(`a fact was passed over: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }
}
