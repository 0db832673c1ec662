import { Logger } from '@nestjs/common';
import type { AmqpConnectionManager, ChannelWrapper } from 'amqp-connection-manager';
import type { Channel, ConsumeMessage } from 'amqplib';
import { factsOf } from './batches.js';
import { ConcurrencyLimit } from './concurrency-limit.js';
import { Copies } from './copies.js';
import type { WireMessage } from './codec.js';
import { circumstancesOf, freshCopy, republishedCopy } from './republishing.js';
import { DeliveryTally } from './delivery-tally.js';
import { dependencies } from './dependencies.js';
import { dispatch } from './dispatcher.js';
import { BROKER, faultOf } from './faults.js';
import { HeldMessages } from './held-messages.js';
import { countHandled, watched, type HandledEnding } from './metrics.js';
import { isPastDeadline, LateRequests } from './late-requests.js';
import { logEnding } from './log-ending.js';
import { OpenBatches } from './open-batches.js';
import { OwnMessages } from './own-messages.js';
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
  /** How long a message is retried until a replica supports its type and version. Milliseconds. */
  unsupportedForMs: number;
  /** How long a message is held here before it is returned to its queue. Milliseconds. */
  holdForMs?: number;
}

/** Interval at which held messages are checked. Milliseconds. */
const TICK_MS = 100;
/** A third of RabbitMQ's `consumer_timeout` (30 min), after which it closes the channel and counts a delivery. */
const HOLD_FOR_MS = 600_000;

/**
 * Consumer of one queue on its own channel, with its own prefetch; subscribes again after every reconnect. The facts of
 * a batch are deliveries of their own: each is handled, held, retried and counted for itself.
 */
export class Consumer {
  readonly tally = new DeliveryTally();
  readonly #logger: Logger;
  readonly #copies: Copies;
  readonly #lateRequests: LateRequests;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #wrapper: ChannelWrapper;
  readonly #heldMessages = new HeldMessages<ConsumeMessage>();
  readonly #openBatches: OpenBatches;
  readonly #ownMessages = new OwnMessages();
  readonly #limit: ConcurrencyLimit<ConsumeMessage>;
  readonly #stopWatching: () => void;
  /** The open channel. Messages from an earlier channel are redelivered and must not be acknowledged on this one. */
  #channel: Channel | undefined;
  #subscription: Subscription | undefined;
  #ticking: NodeJS.Timeout | undefined;
  #blocked = false;
  #closing = false;
  /** The subscription has ended; a returned message goes to another replica. */
  #ended = false;

  constructor(
    readonly routes: QueueRoutes,
    private readonly options: ConsumerOptions,
  ) {
    this.#logger = new Logger(routes.queue);
    this.#openBatches = new OpenBatches(this.#logger, this.#ownMessages, this.tally, () => this.#closing);
    this.#copies = new Copies(options.publisher, this.#logger);
    this.#lateRequests = new LateRequests(routes.queue, this.#logger);
    this.#limit = new ConcurrencyLimit(routes.prefetch, (delivery) => {
      const channel = this.#channel!;
      this.#begin(channel, this.#handle(channel, delivery));
    });
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

  /** Number of deliveries that are being handled, or wait for their turn. */
  get inFlight(): number {
    return this.#inFlight.size + this.#limit.waiting;
  }

  /** Number of deliveries held until a dependency works again. */
  get held(): number {
    return this.#heldMessages.size;
  }

  /** The consumer currently takes no messages from the queue. */
  get paused(): boolean {
    return this.#heldMessages.paused || this.#blocked;
  }

  /** The consumer is connected: it takes messages, or will when it is no longer paused. */
  get subscribed(): boolean {
    return this.#subscription !== undefined;
  }

  /** Handles a message of this process to this queue. @returns false: publish it; the consumer cannot take it now */
  async handleHere(message: WireMessage): Promise<boolean> {
    if (!this.subscribed || this.paused || this.#closing) return false;
    return this.#ownMessages.add(message, this.options.senders.user, (delivery) => this.#limit.add(delivery));
  }

  /** Stops consuming. Resolves when in-flight messages are settled and held messages are back in their queue. */
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
    await this.#openBatches.sendAcks();
    await this.#wrapper.close().catch(() => undefined);
  }

  async #subscribe(channel: Channel): Promise<void> {
    if (this.#closing) return;
    const { queue, prefetch, transient, home } = this.routes;
    const subscription = new Subscription(channel, {
      // Only where the broker counts deliveries: not for transient messages, nor for a bounded queue, which parks them.
      ...{ queue, prefetch, startsWithOne: !transient && queue === home },
      arrived: (on, message) => this.#arrived(on, message),
      cancelled: () => this.#cancelled(),
    });
    this.#channel = channel;
    channel.once('close', () => this.#lost(channel));
    if (!this.#blocked) await subscription.begin();
    this.#subscription = subscription;
    // The broker may have blocked, or a message paused the queue, before `#subscription` was set.
    if (this.paused) await subscription.end();
  }

  /** Forgets all messages: the broker redelivers those of this channel, and the process publishes its own. */
  #lost(channel: Channel): void {
    if (this.#channel !== channel) return;
    this.#channel = undefined;
    this.#subscription = undefined;
    this.tally.lost();
    this.#limit.reset();
    this.#heldMessages.reset();
    this.#ownMessages.giveBack();
  }

  /** Takes a batch apart. While the queue is paused only its first fact is tried, as one message would be. */
  #arrived(channel: Channel, message: ConsumeMessage): void {
    this.tally.arrived(channel);
    const facts = factsOf(message);
    const isBatch = facts[0] !== message;
    if (isBatch && message.fields.redelivered) return this.#begin(channel, this.#takeApart(channel, message, facts));
    if (isBatch) this.#openBatches.add(message, facts);
    const [first, ...others] = facts as [ConsumeMessage, ...ConsumeMessage[]];
    if (!this.#heldMessages.paused) return facts.forEach((fact) => this.#limit.add(fact));
    this.#begin(channel, this.#handle(channel, first));
    for (const fact of others) this.#heldMessages.holdUntried(fact, performance.now());
  }

  #begin(channel: Channel, work: Promise<void>): void {
    const begun = work.finally(() => {
      this.#inFlight.delete(begun);
      if (channel === this.#channel) this.#limit.ended();
    });
    this.#inFlight.add(begun);
    if (channel === this.#channel) this.#limit.began();
  }

  #cancelled(): void {
    this.#logger.warn('the broker cancelled the subscription, a new connection subscribes again');
    this.#subscription = undefined;
    if (!this.#closing) this.options.connection.reconnect();
  }

  /** Pauses while the broker is in memory or disk alarm: it accepts no publishes, so no outcome could be published. */
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
      if (this.routes.transient) return this.#openBatches.acknowledge(channel, delivery, 'ack');
    }
    const began = performance.now();
    const end = await (this.#mayHaveCrashedConsumer(delivery)
      ? this.#park(channel, delivery)
      : inConsumerSpan(delivery, this.queue, (traced) => this.#process(channel, delivery, traced)));
    if (end !== 'hold') this.#openBatches.acknowledge(channel, delivery, end === 'given_back' ? 'reject' : 'ack');
    countHandled(this.queue, delivery.properties.type, end, began);
  }

  /** @param traced the delivery with the handler's span in its trace header */
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
    logEnding(this.#logger, ending, delivery);
    const published = await this.#copies.publish(
      republishedCopy(ending, traced, home, this.options.senders.headersFor(delivery)),
      ending.do === 'retry' ? `retry ${ending.tierMs}` : ending.do,
      () => this.#isOver(channel),
    );
    this.#copies.reply(ending, traced);
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

  /** Keeps the delivery unacknowledged: it costs no attempt, and is first in line when the queue resumes. */
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
      for (const waiting of this.#limit.takeWaiting()) this.#heldMessages.holdUntried(waiting, performance.now());
    }
    this.#ticking ??= setInterval(() => this.#tick(), TICK_MS).unref();
    return 'hold';
  }

  #resume(): void {
    this.#logger.log('resumed');
    if (!this.#blocked) this.#consume(true);
  }

  #tick(): void {
    const subscription = this.#subscription;
    if (!subscription || this.#blocked || this.#closing) return;
    if (!this.#heldMessages.paused && this.#heldMessages.size === 0) {
      clearInterval(this.#ticking);
      return void (this.#ticking = undefined);
    }
    const now = performance.now();
    const { retries, fresh } = this.#heldMessages.due(now);
    for (const delivery of retries) {
      if (this.#heldMessages.paused) this.#begin(subscription.channel, this.#handle(subscription.channel, delivery));
      else this.#limit.add(delivery);
    }
    if (fresh) void this.#probeFresh(subscription);
    void this.#returnToQueue(
      subscription.channel,
      this.#heldMessages.takeForReturn(now - (this.options.holdForMs ?? HOLD_FOR_MS)),
    );
  }

  async #probeFresh(subscription: Subscription): Promise<void> {
    const taken = await subscription.takeOne().catch(() => false);
    if (!taken) this.#heldMessages.freshProbeTriedNothing(performance.now());
  }

  /** Republishes into its own queue as a fresh message; a redelivery would count towards the delivery limit. */
  async #returnToQueue(channel: Channel, deliveries: readonly ConsumeMessage[]): Promise<void> {
    await Promise.all(
      deliveries.map(async (delivery) => {
        const published = await this.#publishFresh(channel, delivery, 'back');
        this.#openBatches.acknowledge(channel, delivery, published ? 'ack' : 'reject');
      }),
    );
  }

  /** A classic queue has no delivery limit and would redeliver a message that crashes its consumers forever. */
  #mayHaveCrashedConsumer({ fields }: ConsumeMessage): boolean {
    return this.routes.home !== this.routes.queue && fields.redelivered;
  }

  /** Publishes the message alone into its home queue: this one, or the unbounded one beside a bounded queue. */
  async #park(channel: Channel, delivery: ConsumeMessage): Promise<HandledEnding> {
    const published = await this.#publishFresh(channel, delivery, 'aside');
    this.#heldMessages.freshProbeTriedNothing(performance.now());
    return published ? 'aside' : 'given_back';
  }

  /**
   * Publishes each fact of a redelivered batch alone into this queue, because one of them may have crashed its consumer:
   * the delivery limit then counts for that fact alone.
   */
  async #takeApart(channel: Channel, batch: ConsumeMessage, facts: readonly ConsumeMessage[]): Promise<void> {
    const began = performance.now();
    const parked = await Promise.all(facts.map((fact) => this.#park(channel, fact)));
    const end = parked.includes('given_back') ? 'given_back' : 'aside';
    this.#openBatches.acknowledge(channel, batch, end === 'aside' ? 'ack' : 'reject');
    for (const { properties } of facts) countHandled(this.queue, properties.type, end, began);
  }

  #publishFresh(channel: Channel, delivery: ConsumeMessage, operation: string): Promise<boolean> {
    const copy = freshCopy(delivery, this.routes.home, this.options.senders.headersFor(delivery));
    return this.#copies.publish(copy, operation, () => this.#isOver(channel));
  }

  #isOver(channel: Channel): boolean {
    return this.#ended || channel !== this.#channel;
  }
}
