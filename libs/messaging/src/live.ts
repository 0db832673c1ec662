import { Logger } from '@nestjs/common';
import { system, type Message } from '@sluice/contracts/kit';
import type { AmqpConnectionManager } from 'amqp-connection-manager';
import type { Channel, ConsumeMessage } from 'amqplib';
import { factsOf } from './batches.js';
import { decode, validateData } from './codec.js';
import { openConnection, type BrokerAddress } from './connection.js';
import { watched } from './metrics.js';
import { SenderVerification } from './sender-verification.js';

export interface LiveFeedOptions extends BrokerAddress {
  /** The service that reads. */
  service: string;
  /** Name of the connection in the management pages. */
  name: string;
  /** Most events that may wait for this process; beyond that the oldest are dropped. */
  maxLength?: number;
  onFact(message: Message): void;
  /**
   * Called after every subscription, also the first: events may have been missed, so state must be read from its
   * owners now.
   */
  onSubscribed(): void;
}

/** One or two seconds of events at full load; a process further behind reads the state from the owners instead. */
const MAX_LENGTH = 10_000;

/**
 * Subscription of one process to the exchange of live facts: an exclusive, bounded queue, declared again after every reconnect.
 * Events may be lost, so they are hints only; the owners have the state.
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
      this.#logger.error(
        `cannot subscribe: ${error.message}. If ${system().exchanges.live} is missing: npm run topology`,
      ),
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
    await channel.bindQueue(queue, system().exchanges.live, '');
    await channel.consume(queue, (delivery) => this.#arrived(delivery), { noAck: true });
    onSubscribed();
  }

  #arrived(delivery: ConsumeMessage | null): void {
    if (!delivery) return this.#connection.reconnect();
    for (const one of factsOf(delivery)) {
      const fact = this.#read(one);
      if (fact) this.options.onFact(fact);
    }
  }

  /** Ignores events of another version, or of a type that is not in this process's catalogue. */
  #read(delivery: ConsumeMessage): Message | undefined {
    try {
      const message = decode(delivery);
      const contract = system().catalogue.contracts.get(message.type);
      if (contract) this.#senders.check(delivery, contract);
      const valid = contract?.version === message.version ? validateData(contract, message) : undefined;
      if (valid && contract?.shared) this.#senders.checkSpeaker(delivery, valid);
      return valid;
    } catch (error) {
      this.#logger.warn(`an event was ignored: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }
}
