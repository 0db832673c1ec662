import { Logger } from '@nestjs/common';
import type { AmqpConnectionManager, ChannelWrapper } from 'amqp-connection-manager';
import type { Channel, ConsumeMessage } from 'amqplib';
import { circumstancesOf, parting, replyTo, setAside } from './carry-out.js';
import { askedBy } from './codec.js';
import type { Outbound } from './confirm-channel.js';
import { dispatch } from './dispatcher.js';
import { countHandled, watched, type HandledEnding } from './metrics.js';
import type { Publisher } from './publisher.js';
import type { QueueRoutes } from './routes.js';
import { settle, type Ending } from './settlement.js';
import { inConsumerSpan, noteEnding } from './tracing.js';

export interface ConsumerOptions {
  connection: AmqpConnectionManager;
  publisher: Publisher;
  tiersMs: readonly number[];
}

/** Between a failed parting publish and giving the message back, so that a broken broker is not asked in a loop. */
const PAUSE_MS = 1_000;

/** The tags of a channel's consumers, as operators see them in the management pages. */
const FIRST = 'first';
const REST = 'rest of the prefetch';

/**
 * One queue's consumer on a channel of its own: its own prefetch, subscribed again after every reconnect. It begins with one
 * message at a time: what comes redelivered may have killed the process before, and would take its neighbours along.
 */
export class Consumer {
  readonly #logger: Logger;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #wrapper: ChannelWrapper;
  #subscribed: Channel | undefined;
  #closing = false;

  constructor(
    private readonly routes: QueueRoutes,
    private readonly options: ConsumerOptions,
  ) {
    this.#logger = new Logger(routes.queue);
    this.#wrapper = options.connection.createChannel({ confirm: false, name: routes.queue, setup: (channel: Channel) => this.#subscribe(channel) });
    this.#wrapper.on('error', (error: Error) => this.#logger.error(`cannot consume: ${error.message}. If the queue is missing: npm run topology`));
    watched.consumers.add(this);
  }

  get queue(): string {
    return this.routes.queue;
  }

  /** How many deliveries are being handled. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  get subscribed(): boolean {
    return this.#subscribed !== undefined;
  }

  /** Takes no new messages, and resolves when those in flight are settled. */
  async drain(): Promise<void> {
    this.#closing = true;
    const channel = this.#subscribed;
    this.#subscribed = undefined;
    // Of one that does not exist the broker says as well that it is cancelled.
    await Promise.all([FIRST, REST].map((tag) => channel?.cancel(tag).catch(() => undefined)));
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
  }

  async close(): Promise<void> {
    watched.consumers.delete(this);
    await this.#wrapper.close().catch(() => undefined);
  }

  async #subscribe(channel: Channel): Promise<void> {
    if (this.#closing) return;
    channel.once('close', () => {
      if (this.#subscribed === channel) this.#subscribed = undefined;
    });
    let alone = this.#beginsAlone;
    await this.#consume(channel, FIRST, alone ? 1 : this.routes.prefetch, (delivery) => {
      if (!delivery) return this.#cancelled();
      // What was delivered before comes first, so nothing of it waits any more.
      if (alone && !delivery.fields.redelivered) this.#consumeTheRest(channel);
      alone &&= delivery.fields.redelivered;
      this.#arrived(channel, delivery);
    });
    this.#subscribed = channel;
  }

  /** Where the broker counts deliveries: what is transient has a deadline instead, and what a bounded queue redelivers is set aside. */
  get #beginsAlone(): boolean {
    const { transient, queue, home, prefetch } = this.routes;
    return !transient && queue === home && prefetch > 1;
  }

  /** A prefetch is that of a consumer and cannot be changed: a second one takes what is missing. */
  #consumeTheRest(channel: Channel): void {
    if (this.#closing) return;
    const arrived = (delivery: ConsumeMessage | null): void => delivery ? this.#arrived(channel, delivery) : undefined;
    // Fails when the channel closes, and with it the first.
    this.#consume(channel, REST, this.routes.prefetch - 1, arrived).catch((error: Error) => this.#logger.debug(`one at a time until the next connection: ${error.message}`));
  }

  async #consume(channel: Channel, consumerTag: string, prefetch: number, arrived: (delivery: ConsumeMessage | null) => void): Promise<void> {
    await Promise.all([channel.prefetch(prefetch), channel.consume(this.routes.queue, arrived, { consumerTag })]);
  }

  #arrived(channel: Channel, delivery: ConsumeMessage): void {
    const handled = this.#handle(channel, delivery).finally(() => this.#inFlight.delete(handled));
    this.#inFlight.add(handled);
  }

  /** The broker ended the subscription: the queue was deleted or moved. A new connection subscribes again. */
  #cancelled(): void {
    this.#logger.warn('the broker cancelled the subscription');
    this.#subscribed = undefined;
    if (!this.#closing) this.options.connection.reconnect();
  }

  async #handle(channel: Channel, delivery: ConsumeMessage): Promise<void> {
    if (this.routes.transient && isOver(delivery)) return this.#finish(() => channel.ack(delivery));
    const began = performance.now();
    const end = await (this.#mayHaveKilled(delivery) ? this.#setAside(delivery) : inConsumerSpan(delivery, this.queue, (traced) => this.#process(traced)));
    // reject, not nack: since 4.3 only a reject counts towards the delivery limit.
    this.#finish(() => (end === 'given_back' ? channel.reject(delivery, true) : channel.ack(delivery)));
    countHandled(this.queue, delivery.properties.type, end, began);
  }

  async #process(delivery: ConsumeMessage): Promise<HandledEnding> {
    const outcome = await dispatch(this.routes, delivery);
    const about = { tiersMs: this.options.tiersMs, transient: this.routes.transient };
    const ending = settle(outcome, circumstancesOf(delivery, about, Date.now()));
    noteEnding(outcome, ending);
    this.#log(ending, delivery);
    const handed = await this.#hand(parting(ending, delivery, this.routes.home), ending.do === 'retry' ? `retry ${ending.tierMs}` : ending.do);
    this.#reply(ending, delivery);
    return handed ? ending.do : 'given_back';
  }

  /** A classic queue counts no deliveries, and would give a message that kills its consumers to the next one for ever. */
  #mayHaveKilled({ fields }: ConsumeMessage): boolean {
    return this.routes.home !== this.routes.queue && fields.redelivered;
  }

  /** Beside the bounded queue stands one with a delivery limit. */
  async #setAside(delivery: ConsumeMessage): Promise<HandledEnding> {
    return (await this.#hand(setAside(delivery, this.routes.home), 'aside')) ? 'aside' : 'given_back';
  }

  /** First a confirmed copy, if there is one to make, then the ack: a crash in between doubles, and never loses. */
  async #hand(copy: Outbound | undefined, operation: string): Promise<boolean> {
    if (!copy) return true;
    try {
      await this.options.publisher.publish(copy, { operation });
      return true;
    } catch (error) {
      this.#logger.error(`given back to its queue: ${(error as Error).message}`);
      await new Promise((resolve) => setTimeout(resolve, this.#closing ? 0 : PAUSE_MS));
      return false;
    }
  }

  /** Not awaited: an answer that gets lost is a timeout for its caller, and holds up nobody else. */
  #reply(ending: Ending, delivery: ConsumeMessage): void {
    const reply = 'answer' in ending && ending.answer ? replyTo(delivery, ending.answer) : undefined;
    if (reply) this.options.publisher.publish(reply, { whenDown: 'fail' }).catch((error: Error) => this.#logger.warn(`an answer was lost: ${error.message}`));
  }

  /** On the channel that delivered, or not at all: on a later one the same tag is another message. */
  #finish(settleIt: () => void): void {
    try {
      settleIt();
    } catch {
      this.#logger.debug('the channel closed before the ack: the broker delivers it again');
    }
  }

  #log(ending: Ending, { properties }: ConsumeMessage): void {
    const subject = `${String(properties.type)} ${String(properties.messageId)}`;
    if (ending.do === 'retry') this.#logger.warn(`${subject} failed (${ending.attempts}), again in ${ending.tierMs} ms: ${ending.reason}`);
    else if (ending.do === 'dead') this.#logger.error(`${subject} is a dead letter: ${ending.reason}`);
    else if (ending.note !== undefined) this.#logger.warn(`${subject}: ${ending.note}`);
  }
}

/** Its caller has stopped waiting while it was on its way to us; the broker drops those that are over in the queue. */
function isOver(delivery: ConsumeMessage): boolean {
  const deadline = askedBy(delivery)?.deadline;
  return deadline !== undefined && deadline < Date.now();
}
