import { Logger } from '@nestjs/common';
import type { AmqpConnectionManager, ChannelWrapper } from 'amqp-connection-manager';
import type { ConfirmChannel, Options } from 'amqplib';
import type { PublishFailure } from './errors.js';

/** What a channel can send: a `WireMessage`, or the very bytes that were received. */
export interface Outbound {
  readonly exchange: string;
  readonly routingKey: string;
  readonly mandatory: boolean;
  readonly properties: Omit<Options.Publish, 'headers'> & { readonly headers: Readonly<Record<string, unknown>> };
  readonly body: string | Buffer;
}

/**
 * A channel whose first publish meets a queue without a leader is nacked for ever (seen in 3.10 clusters),
 * so after this many nacks without one ack in between a new channel takes over.
 */
const NACK_BURST = 20;
/** A queue that is simply full nacks as well: then this bounds what the replacing costs. */
const REOPEN_EVERY_MS = 5_000;
/** What the old channel still owes, confirms and answers to requests, arrives within this. */
const RETIRE_AFTER_MS = 30_000;

interface Lane {
  channel: ConfirmChannel;
  /** Message ids that the broker gave back, and how often: the return comes first, then an ordinary ack. */
  returned: Map<string, number>;
  nacksInARow: number;
}

export interface ConfirmChannelOptions {
  /** Nacks are an answer here, not a fault of the channel: it knocks at bounded queues. */
  nacksAreAnswers?: boolean | undefined;
  /** The user of the connection, to be named in every message; whatever a message says itself is replaced. */
  user?: string | undefined;
  /** Runs on every new channel before anything is sent on it. */
  setup?: ((channel: ConfirmChannel) => Promise<void>) | undefined;
  onOpen(): void;
  onLost(): void;
}

/** One confirm channel that is opened again after every reconnect, and tells of each message how it ended. */
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
   * Gives false when nothing was sent because the channel has just gone. Otherwise `done` is called once:
   * without a failure when the broker has the message. @throws when a property cannot be encoded.
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
        { ...properties, mandatory, userId: this.options.user },
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
      // A retired channel is not set up again when the connection comes back.
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
      const id = String(properties.messageId);
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

  /** A channel that closes tells each unconfirmed message first, and only then that it has closed. */
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

function accepted(lane: Lane, { mandatory, properties }: Outbound): PublishFailure | undefined {
  const { returned } = lane;
  lane.nacksInARow = 0;
  const id = properties.messageId ?? '';
  const times = mandatory ? returned.get(id) : undefined;
  if (times === undefined) return undefined;
  if (times === 1) returned.delete(id);
  else returned.set(id, times - 1);
  return 'unroutable';
}
