import { Logger } from '@nestjs/common';
import type { AmqpConnectionManager, ChannelWrapper } from 'amqp-connection-manager';
import type { ConfirmChannel, Options } from 'amqplib';
import type { PublishFailure } from './errors.js';

/** Anything a channel can publish: a `WireMessage`, or a received message with its original bytes. */
export interface Outbound {
  readonly exchange: string;
  readonly routingKey: string;
  readonly mandatory: boolean;
  readonly properties: Omit<Options.Publish, 'headers'> & { readonly headers: Readonly<Record<string, unknown>> };
  readonly body: string | Buffer;
}

/**
 * Number of nacks without an ack in between after which the channel is replaced. A channel whose first publish goes
 * to a queue without a leader is nacked forever (seen in RabbitMQ 3.10 clusters).
 */
const NACK_BURST = 20;
/** A full queue nacks as well; this limits how often it causes a replacement. */
const REOPEN_EVERY_MS = 5_000;
/** Time for outstanding confirms and replies to arrive on the replaced channel before it is closed. */
const RETIRE_AFTER_MS = 30_000;

interface Lane {
  channel: ConfirmChannel;
  /**
   * Ids of messages that the broker returned, with a count: for a returned message the broker sends the return first,
   * then a normal ack. A malformed message may have no id.
   */
  returned: Map<string, number>;
  nacksInARow: number;
}

export interface ConfirmChannelOptions {
  /** Nacks are normal outcomes (the target queues are bounded) and do not replace the channel. */
  nacksAreAnswers?: boolean | undefined;
  /** User of the connection, set as `user-id` on every message; replaces the one that a republished message carries. */
  user?: string | undefined;
  /** Runs on every new channel before the first publish. */
  setup?: ((channel: ConfirmChannel) => Promise<void>) | undefined;
  onOpen(): void;
  onLost(): void;
}

/** A confirm channel that is reopened after every reconnect, and reports the outcome of each message. */
export class ReopeningConfirmChannel {
  readonly #logger = new Logger('Publisher');
  #wrapper: ChannelWrapper;
  #lane: Lane | undefined;
  #reopenedAt = -Infinity;
  readonly #retiring = new Set<NodeJS.Timeout>();

  constructor(
    private readonly manager: AmqpConnectionManager,
    private readonly options: ConfirmChannelOptions,
  ) {
    this.#wrapper = this.#open();
  }

  get isOpen(): boolean {
    return this.#lane !== undefined;
  }

  /**
   * Publishes a message. Returns false when nothing was sent because the channel is gone. Otherwise calls `done`
   * once: without a failure when the broker has confirmed the message.
   * @throws when a property cannot be encoded
   */
  send(message: Outbound, done: (failure?: PublishFailure) => void): boolean {
    const lane = this.#lane;
    if (!lane) return false;
    const { exchange, routingKey, mandatory, properties, body } = message;
    const content = typeof body === 'string' ? Buffer.from(body) : body;
    try {
      lane.channel.publish(
        exchange,
        routingKey,
        content,
        { mandatory, ...properties, userId: this.options.user },
        (error: Error | null) => {
          done(error ? this.#refused(lane, error) : accepted(lane, message));
        },
      );
      return true;
    } catch (error) {
      if ((error as Error).name !== 'IllegalOperationError') throw error;
      this.#lost(lane);
      return false;
    }
  }

  async close(): Promise<void> {
    for (const timer of this.#retiring) clearTimeout(timer);
    this.#lane = undefined;
    await this.#wrapper.close();
  }

  #open(): ChannelWrapper {
    const wrapper: ChannelWrapper = this.manager.createChannel({
      // A retired channel is not set up again after a reconnect.
      setup: async (channel: ConfirmChannel) => (wrapper === this.#wrapper ? this.#setUp(channel) : undefined),
    });
    wrapper.on('error', (error: Error) =>
      this.#logger.warn(`the publishing channel could not be opened: ${error.message}`),
    );
    return wrapper;
  }

  async #setUp(channel: ConfirmChannel): Promise<void> {
    const lane: Lane = { channel, returned: new Map(), nacksInARow: 0 };
    channel.on('return', ({ properties }) => {
      const id = idOf(properties);
      lane.returned.set(id, (lane.returned.get(id) ?? 0) + 1);
    });
    channel.on('close', () => this.#lost(lane));
    await this.options.setup?.(channel);
    this.#lane = lane;
    this.options.onOpen();
  }

  #lost(lane: Lane): void {
    if (this.#lane !== lane) return;
    this.#lane = undefined;
    this.options.onLost();
  }

  /**
   * A closing channel first fails each unconfirmed message, then emits `close`; so the channel is marked as lost here
   * already.
   */
  #refused(lane: Lane, { message }: Error): PublishFailure {
    if (!message.includes('nacked')) {
      this.#lost(lane);
      return 'unknown';
    }
    lane.nacksInARow += 1;
    if (lane.nacksInARow >= NACK_BURST && lane === this.#lane && !this.options.nacksAreAnswers) this.#replace();
    return 'nacked';
  }

  #replace(): void {
    if (performance.now() - this.#reopenedAt < REOPEN_EVERY_MS) return;
    this.#reopenedAt = performance.now();
    const old = this.#wrapper;
    const timer = setTimeout(() => {
      this.#retiring.delete(timer);
      void old.close().catch(() => undefined);
    }, RETIRE_AFTER_MS);
    this.#retiring.add(timer);
    this.#wrapper = this.#open();
  }
}

const idOf = ({ messageId }: { messageId?: unknown }): string => String(messageId ?? '');

function accepted(lane: Lane, { mandatory, properties }: Outbound): PublishFailure | undefined {
  const { returned } = lane;
  lane.nacksInARow = 0;
  const id = idOf(properties);
  const times = mandatory ? returned.get(id) : undefined;
  if (times === undefined) return undefined;
  if (times === 1) returned.delete(id);
  else returned.set(id, times - 1);
  return 'unroutable';
}
