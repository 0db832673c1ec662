import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { AmqpConnectionManager, ChannelWrapper } from 'amqp-connection-manager';
import type { Channel, ConsumeMessage } from 'amqplib';
import { circumstancesOf, republishedCopy, replyTo, freshCopy } from './republishing.js';
import type { Outbound } from './confirm-channel.js';
import { dependencies } from './dependencies.js';
import { dispatch } from './dispatcher.js';
import { BROKER, faultOf } from './faults.js';
import { HeldMessages } from './held-messages.js';
import { countHandled, watched, type HandledEnding } from './metrics.js';
import { isPastDeadline, LateRequests } from './late-requests.js';
import type { Publisher } from './publisher.js';
import type { QueueRoutes } from './routes.js';
import type { SenderVerification } from './sender-verification.js';
import { settle, type Ending, type Outcome } from './settlement.js';
import { Subscription } from './subscription.js';
import { inConsumerSpan, noteEnding } from './tracing.js';

export interface ConsumerOptions {
  connection: AmqpConnectionManager;
  publisher: Publisher;
  senders: SenderVerification;
  /** How long a message waits for a replica that knows its type and version. Milliseconds. */
  unsupportedForMs: number;
  /** How long a message is kept here before it goes back to its queue. Milliseconds. */
  holdForMs?: number;
}

/** Between two tries to publish a message's copy, so that a broken broker is not asked in a loop. */
const PAUSE_MS = 1_000;
/** How exactly the pauses of held messages are kept. Milliseconds. */
const TICK_MS = 100;
/** A third of the time after which RabbitMQ closes the channel of a consumer that holds a message (`consumer_timeout`, 30 min), which would count as a delivery. */
const HOLD_FOR_MS = 600_000;

/** One queue's consumer on a channel of its own: its own prefetch, subscribed again after every reconnect. */
export class Consumer {
  readonly #logger: Logger;
  readonly #lateRequests: LateRequests;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #wrapper: ChannelWrapper;
  readonly #heldMessages = new HeldMessages<ConsumeMessage>();
  readonly #stopWatching: () => void;
  /** The one that is open now: what came on another is delivered again, and must not be acknowledged here. */
  #channel: Channel | undefined;
  #subscription: Subscription | undefined;
  #ticking: NodeJS.Timeout | undefined;
  #blocked = false;
  #closing = false;
  /** Nothing is taken any more, so what is given back goes to somebody else. */
  #ended = false;

  constructor(
    private readonly routes: QueueRoutes,
    private readonly options: ConsumerOptions,
  ) {
    this.#logger = new Logger(routes.queue);
    this.#lateRequests = new LateRequests(routes.queue, this.#logger);
    this.#wrapper = options.connection.createChannel({
      confirm: false,
      name: routes.queue,
      setup: (channel: Channel) => this.#subscribe(channel),
    });
    this.#wrapper.on('error', (error: Error) =>
      this.#logger.error(`cannot consume: ${error.message}. If the queue is missing: npm run topology`),
    );
    this.#stopWatching = options.publisher.onBlockedChange((blocked) => this.#setBlocked(blocked));
    watched.consumers.add(this);
  }

  get queue(): string {
    return this.routes.queue;
  }

  /** How many deliveries are being handled. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** How many deliveries wait for a dependency. */
  get held(): number {
    return this.#heldMessages.size;
  }

  /** Nothing is taken from the queue for now. */
  get paused(): boolean {
    return this.#heldMessages.paused || this.#blocked;
  }

  /** It is connected: it takes messages, or will when it is no longer paused. */
  get subscribed(): boolean {
    return this.#subscription !== undefined;
  }

  /** Takes no new messages, and resolves when those in flight are settled and those that are held are back in their queue. */
  async drain(): Promise<void> {
    this.#closing = true;
    this.#stopWatching();
    clearInterval(this.#ticking);
    const subscription = this.#subscription;
    this.#subscription = undefined;
    await subscription?.end();
    this.#ended = true;
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
    if (subscription) await this.#returnToQueue(subscription.channel, this.#heldMessages.takeForReturn());
  }

  async close(): Promise<void> {
    watched.consumers.delete(this);
    await this.#wrapper.close().catch(() => undefined);
  }

  async #subscribe(channel: Channel): Promise<void> {
    if (this.#closing) return;
    const { queue, prefetch } = this.routes;
    const subscription = new Subscription(channel, {
      ...{ queue, prefetch, startsWithOne: this.#startsWithOne },
      arrived: (on, delivery) => this.#arrived(on, delivery),
      cancelled: () => this.#cancelled(),
    });
    this.#channel = channel;
    channel.once('close', () => this.#lost(channel));
    if (!this.#blocked) await subscription.begin();
    this.#subscription = subscription;
    // The broker may have blocked, or a message paused the queue, before the subscription was known here.
    if (this.paused) await subscription.end();
  }

  /** What was held was delivered on this channel: the broker delivers it again. */
  #lost(channel: Channel): void {
    if (this.#channel !== channel) return;
    this.#channel = undefined;
    this.#subscription = undefined;
    this.#heldMessages.reset();
  }

  /** Where the broker counts deliveries: what is transient has a deadline instead, and what a bounded queue redelivers is set aside. */
  get #startsWithOne(): boolean {
    const { transient, queue, home } = this.routes;
    return !transient && queue === home;
  }

  #arrived(channel: Channel, delivery: ConsumeMessage): void {
    const handled = this.#handle(channel, delivery).finally(() => this.#inFlight.delete(handled));
    this.#inFlight.add(handled);
  }

  /** A new connection subscribes again. */
  #cancelled(): void {
    this.#logger.warn('the broker cancelled the subscription');
    this.#subscription = undefined;
    if (!this.#closing) this.options.connection.reconnect();
  }

  /** A broker in memory or disk alarm takes nothing: nothing is handled whose outcome could not be published. */
  #setBlocked(blocked: boolean): void {
    if (this.#blocked === blocked) return;
    this.#blocked = blocked;
    if (blocked) dependencies.broken(BROKER, 'it is in memory or disk alarm, and blocks its publishers');
    else dependencies.succeeded(BROKER);
    if (!this.#heldMessages.paused) this.#consume(!blocked);
  }

  #consume(wanted: boolean): void {
    if (this.#closing) return;
    const change = wanted ? this.#subscription?.begin() : this.#subscription?.end();
    change?.catch((error: Error) => this.#logger.debug(`the channel closed meanwhile: ${error.message}`));
  }

  async #handle(channel: Channel, delivery: ConsumeMessage): Promise<void> {
    if (isPastDeadline(delivery)) {
      this.#lateRequests.note(delivery);
      if (this.routes.transient) return this.#acknowledge(() => channel.ack(delivery));
    }
    const began = performance.now();
    const end = await (this.#mayHaveCrashedConsumer(delivery)
      ? this.#park(channel, delivery)
      : inConsumerSpan(delivery, this.queue, (traced) => this.#process(channel, delivery, traced)));
    if (end === 'given_back')
      this.#acknowledge(() => channel.reject(delivery, true)); // reject, not nack: since 4.3 only a reject counts towards the delivery limit
    else if (end !== 'hold') this.#acknowledge(() => channel.ack(delivery));
    countHandled(this.queue, delivery.properties.type, end, began);
  }

  /** @param traced the delivery as the handler sees it: its header names the handler's span */
  async #process(channel: Channel, delivery: ConsumeMessage, traced: ConsumeMessage): Promise<HandledEnding> {
    const outcome = await dispatch(this.routes, traced, this.options.senders);
    const { tiersMs, transient, home } = this.routes;
    const about = {
      tiersMs,
      transient,
      unsupportedForMs: this.options.unsupportedForMs,
      failsAlone: this.#failsAlone(delivery, outcome),
    };
    const ending = settle(outcome, circumstancesOf(delivery, about, Date.now()));
    noteEnding(outcome, ending);
    if (ending.do === 'hold') return this.#hold(channel, delivery, ending);
    this.#log(ending, delivery);
    const published = await this.#publishCopy(
      channel,
      republishedCopy(ending, traced, home, this.options.senders.headersFor(delivery)),
      ending.do === 'retry' ? `retry ${ending.tierMs}` : ending.do,
    );
    this.#reply(ending, traced);
    if (this.#heldMessages.settled(delivery)) this.#resume();
    return published ? ending.do : 'given_back';
  }

  #failsAlone(delivery: ConsumeMessage, outcome: Outcome): boolean {
    const fault = 'threw' in outcome ? faultOf(outcome.threw) : undefined;
    if (fault?.whose !== 'environment') return false;
    return this.#heldMessages.failsAlone(delivery, (instant) =>
      dependencies.hasSucceededSince(fault.dependency, instant),
    );
  }

  /** Keeps the delivery unacknowledged: that costs it nothing, and it is the first to go on. */
  #hold(
    channel: Channel,
    delivery: ConsumeMessage,
    { dependency, mayBePoison, reason, retryAfterMs }: Ending & { do: 'hold' },
  ): HandledEnding {
    if (channel !== this.#channel) return 'hold';
    const wasPaused = this.#heldMessages.paused;
    dependencies.failed(dependency, reason);
    this.#heldMessages.hold(
      delivery,
      { dependency, mayBePoison, ...(retryAfterMs !== undefined && { retryAfterMs }) },
      performance.now(),
    );
    if (this.#heldMessages.paused && !wasPaused) {
      this.#logger.warn(`paused until the ${dependency} works again: ${reason}`);
      this.#consume(false);
    }
    this.#ticking ??= setInterval(() => this.#tick(), TICK_MS).unref();
    return 'hold';
  }

  #resume(): void {
    this.#logger.log('goes on');
    if (!this.#blocked) this.#consume(true);
  }

  #tick(): void {
    const subscription = this.#subscription;
    if (!subscription || this.#blocked || this.#closing) return;
    if (!this.#heldMessages.paused && this.#heldMessages.size === 0) return this.#stopTicking();
    const now = performance.now();
    const { retries, fresh } = this.#heldMessages.due(now);
    for (const delivery of retries) this.#arrived(subscription.channel, delivery);
    if (fresh) void this.#probeFresh(subscription);
    void this.#returnToQueue(
      subscription.channel,
      this.#heldMessages.takeForReturn(now - (this.options.holdForMs ?? HOLD_FOR_MS)),
    );
  }

  #stopTicking(): void {
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }

  async #probeFresh(subscription: Subscription): Promise<void> {
    const taken = await subscription.takeOne().catch(() => false);
    if (!taken) this.#heldMessages.queueIsEmpty(performance.now());
  }

  /** Into its own queue as a message that has not been delivered yet: a redelivery would count towards the delivery limit. */
  async #returnToQueue(channel: Channel, deliveries: readonly ConsumeMessage[]): Promise<void> {
    await Promise.all(
      deliveries.map(async (delivery) => {
        const published = await this.#publishCopy(
          channel,
          freshCopy(delivery, this.routes.home, this.options.senders.headersFor(delivery)),
          'back',
        );
        this.#acknowledge(() => (published ? channel.ack(delivery) : channel.reject(delivery, true)));
      }),
    );
  }

  /** A classic queue counts no deliveries, and would give a message that kills its consumers to the next one for ever. */
  #mayHaveCrashedConsumer({ fields }: ConsumeMessage): boolean {
    return this.routes.home !== this.routes.queue && fields.redelivered;
  }

  /** Beside the bounded queue stands one with a delivery limit. */
  async #park(channel: Channel, delivery: ConsumeMessage): Promise<HandledEnding> {
    return (await this.#publishCopy(
      channel,
      freshCopy(delivery, this.routes.home, this.options.senders.headersFor(delivery)),
      'aside',
    ))
      ? 'aside'
      : 'given_back';
  }

  /**
   * First a confirmed copy, if there is one to make, then the ack: a crash in between doubles, and never loses. While the broker
   * does not take the copy, the message waits here with its ending: its handler has run, and does not run again for it.
   * @returns false when the channel has closed, or the consumer closes
   */
  async #publishCopy(channel: Channel, copy: Outbound | undefined, operation: string): Promise<boolean> {
    for (let tries = 0; copy; tries += 1) {
      try {
        await this.options.publisher.publish(copy, { operation });
        return true;
      } catch (error) {
        if (tries === 0)
          this.#logger.error(`not acknowledged until its copy is published: ${(error as Error).message}`);
        if (this.#ended || channel !== this.#channel) return false;
        await pause(PAUSE_MS, undefined, { ref: false });
      }
    }
    return true;
  }

  /** Not awaited: an answer that gets lost is a timeout for its caller, and holds up nobody else. */
  #reply(ending: Ending, delivery: ConsumeMessage): void {
    const reply = 'answer' in ending && ending.answer ? replyTo(delivery, ending.answer) : undefined;
    if (reply)
      this.options.publisher
        .publish(reply, { whenDown: 'fail' })
        .catch((error: Error) => this.#logger.warn(`an answer was lost: ${error.message}`));
  }

  /** On the channel that delivered, or not at all: on a later one the same tag is another message. */
  #acknowledge(ack: () => void): void {
    try {
      ack();
    } catch {
      this.#logger.debug('the channel closed before the ack: the broker delivers it again');
    }
  }

  #log(ending: Exclude<Ending, { do: 'hold' }>, { properties }: ConsumeMessage): void {
    const subject = `${String(properties.type)} ${String(properties.messageId)}`;
    if (ending.do === 'retry')
      this.#logger.warn(`${subject} failed (${ending.attempts}), again in ${ending.tierMs} ms: ${ending.reason}`);
    else if (ending.do === 'dead') this.#logger.error(`${subject} is a dead letter: ${ending.reason}`);
    else if (ending.note !== undefined) this.#logger.warn(`${subject}: ${ending.note}`);
  }
}
