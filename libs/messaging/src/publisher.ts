import { setTimeout as pause } from 'node:timers/promises';
import type { AmqpConnectionManager } from 'amqp-connection-manager';
import type { Channel, ConfirmChannel } from 'amqplib';
import { isOnDemand } from './codec.js';
import { ReopeningConfirmChannel, type Outbound } from './confirm-channel.js';
import { openConnection, type BrokerAddress } from './connection.js';
import { PublishError, type PublishFailure } from './errors.js';
import { countPublish, watched } from './metrics.js';
import { TimerQueues, timerType } from './timers.js';
import { inProducerSpan } from './tracing.js';

export interface PublisherOptions extends BrokerAddress {
  /** Name of the connection in the management pages. */
  name?: string;
  /** Most messages unconfirmed at once. */
  window?: number;
  /** The publisher only publishes to bounded queues, where a nack is a normal outcome. */
  nacksAreAnswers?: boolean;
  /** User of `url`, when it is to be set as the sender of every message. */
  user?: string | undefined;
  /** Runs on every new channel before the first publish. */
  setup?: (channel: ConfirmChannel) => Promise<void>;
}

export interface PublishOptions {
  /** When not connected: wait for the broker until the deadline (default), or fail immediately. */
  whenDown?: 'wait' | 'fail';
  /** Deadline of the confirm from now, waiting included. Milliseconds. */
  deadlineMs?: number;
  /** Operation for the name of the span: `publish`, or the ending of a message that is republished. */
  operation?: string;
  /** Called before a publish resolves whose message, a fact on demand, no queue takes. */
  onUnheard?: () => void;
}

/**
 * Throughput stops growing here: 26k messages a second against 22k with 100 (1 kB, quorum). 1,000 orders of a few kB
 * use a few MB.
 */
const WINDOW = 1_000;
/**
 * Bounds the memory of messages that wait for a slot: ten windows, under half a second of work. Timers are counted
 * apart.
 */
const MAX_WAITING = 10_000;
/**
 * Longer than a broker restart takes to be noticed as a closed connection, and short enough that a stuck service
 * fails visibly.
 */
const DEADLINE_MS = 10_000;
/** How long `close` waits for outstanding confirms. */
const CLOSE_WITHIN_MS = 5_000;
/** Interval at which a timer that waits for a connection checks it. */
const RECONNECT_POLL_MS = 50;

const EXPLANATIONS: Record<PublishFailure, string> = {
  unroutable: 'no queue takes it. Is the topology applied? `npm run topology`',
  nacked: 'the broker refused it: a queue is full or has no leader',
  unknown: 'the broker did not confirm it in time, or the connection was lost: it may be stored',
  'not-connected': 'there is no connection to the broker',
  'buffer-full': 'too many messages wait for the broker already',
};

interface Job {
  message: Outbound;
  whenDown: 'wait' | 'fail';
  timer: NodeJS.Timeout;
  finish(failure?: PublishFailure): void;
  abort(error: unknown): void;
}

/**
 * Publishes with confirms. At most a window of messages is unconfirmed at once; the others wait in order, so memory
 * is bounded.
 */
export class Publisher {
  readonly #connection: AmqpConnectionManager;
  readonly #timers: TimerQueues;
  readonly #channel: ReopeningConfirmChannel;
  readonly #window: number;
  readonly #waiting = new Set<Job>();
  #unconfirmed = 0;
  /** Timers between the declaration of their queue and their confirm; the declaration may wait for a connection. */
  #preparing = 0;
  #blocked = false;
  readonly #blockedListeners = new Set<(blocked: boolean) => void>();
  readonly #readyListeners = new Set<() => void>();
  #closed = false;

  constructor({ url, tls, name = 'publisher', window = WINDOW, nacksAreAnswers, user, setup }: PublisherOptions) {
    this.#window = window;
    this.#connection = openConnection({ url, tls }, name);
    watched.connections.add(this.#connection);
    this.#timers = new TimerQueues(this.#connection);
    this.#connection.on('blocked', () => this.#setBlocked(true));
    this.#connection.on('unblocked', () => this.#setBlocked(false));
    this.#connection.on('connect', () => this.#setBlocked(false));
    this.#channel = new ReopeningConfirmChannel(this.#connection, {
      nacksAreAnswers,
      user,
      setup,
      onOpen: () => this.#resume(),
      onLost: () => this.#failJobsThatDoNotWait(),
    });
  }

  /**
   * A message published now would be sent immediately. False while the broker is in memory or disk alarm and accepts
   * no publishes.
   */
  get ready(): boolean {
    return this.#channel.isOpen && !this.#blocked && !this.#closed;
  }

  /**
   * Notifies the listener when the broker blocks its publishers (memory or disk alarm) and when it unblocks them.
   * @returns a function that removes the listener
   */
  onBlockedChange(listener: (blocked: boolean) => void): () => void {
    this.#blockedListeners.add(listener);
    if (this.#blocked) listener(true);
    return () => void this.#blockedListeners.delete(listener);
  }

  /**
   * Notifies the listener each time the publisher becomes ready: at the first connection, and when the broker is back.
   * @returns a function that removes the listener
   */
  onReady(listener: () => void): () => void {
    this.#readyListeners.add(listener);
    return () => void this.#readyListeners.delete(listener);
  }

  /**
   * Messages ready in a queue, without unacknowledged ones.
   * @throws Error no connection, or no such queue
   */
  async depth(queue: string): Promise<number> {
    return (await this.inspectQueue(queue)).messages;
  }

  /** @throws Error no connection, or no such queue */
  async inspectQueue(queue: string): Promise<{ messages: number; consumers: number }> {
    const channel = await this.openChannel();
    const { messageCount: messages, consumerCount: consumers } = await channel.checkQueue(queue);
    await channel.close();
    return { messages, consumers };
  }

  /**
   * Opens a separate channel for other work; the caller closes it.
   * @throws Error no connection
   */
  async openChannel(): Promise<ConfirmChannel> {
    const channel = await this.#connection.connection?.createConfirmChannel();
    if (!channel) throw new Error('there is no connection to the broker');
    // The error of a channel closed by the broker also rejects the pending call on it, so this event is redundant.
    channel.on('error', () => undefined);
    return channel;
  }

  /**
   * Opens a separate channel without confirms, for what may be lost; the caller closes it.
   * @throws Error no connection
   */
  async openPlainChannel(): Promise<Channel> {
    const channel = await this.#connection.connection?.createChannel();
    if (!channel) throw new Error('there is no connection to the broker');
    channel.on('error', () => undefined);
    return channel;
  }

  /**
   * Resolves when the broker has confirmed the message.
   * @throws PublishError
   */
  publish(message: Outbound, options: PublishOptions = {}): Promise<void> {
    return inProducerSpan(message, options.operation ?? 'publish', (traced) =>
      countPublish(traced, () => this.#start(traced, options)),
    );
  }

  #start(message: Outbound, options: PublishOptions): Promise<void> {
    const type = timerType(message);
    if (type === undefined) return this.#enqueue(message, options);
    if (this.#preparing >= MAX_WAITING)
      return Promise.reject(new PublishError('buffer-full', explain(message, 'buffer-full')));
    this.#preparing += 1;
    return this.#startTimer(message, type, options).finally(() => (this.#preparing -= 1));
  }

  /** Declares the queue of the timer once more when it was deleted after its first declaration. */
  async #startTimer(
    message: Outbound,
    type: string,
    { whenDown = 'wait', deadlineMs = DEADLINE_MS }: PublishOptions,
  ): Promise<void> {
    const deadline = performance.now() + deadlineMs;
    const start = async (): Promise<void> => {
      await this.#declare(message, type);
      await this.#enqueue(message, { whenDown, deadlineMs: deadline - performance.now() });
    };
    if (whenDown === 'wait') await this.#connected(deadline);
    await start().catch((error: unknown) => {
      if (!(error instanceof PublishError) || error.reason !== 'unroutable') throw error;
      this.#timers.forget(message.routingKey);
      return start();
    });
  }

  async #connected(deadline: number): Promise<void> {
    while (!this.#connection.isConnected() && performance.now() < deadline) await pause(RECONNECT_POLL_MS);
  }

  async #declare(message: Outbound, type: string): Promise<void> {
    await this.#timers.declare(message.routingKey, type).catch((cause: unknown) => {
      // Only refusals by the broker have a code.
      const reason = (cause as { code?: number }).code === undefined ? 'not-connected' : 'unroutable';
      throw new PublishError(reason, explain(message, reason), { cause });
    });
  }

  #enqueue(
    message: Outbound,
    { whenDown = 'wait', deadlineMs = DEADLINE_MS, onUnheard }: PublishOptions,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (reason: PublishFailure): void => reject(new PublishError(reason, explain(message, reason)));
      if (this.#closed || (whenDown === 'fail' && !this.ready)) return fail('not-connected');
      if (this.#waiting.size >= MAX_WAITING) return fail('buffer-full');
      const finish = (failure?: PublishFailure): void => {
        clearTimeout(job.timer);
        const unheard = failure === 'unroutable' && isOnDemand(message);
        if (failure && !unheard) return fail(failure);
        if (unheard) onUnheard?.();
        resolve();
      };
      const job: Job = {
        message,
        whenDown,
        finish,
        abort: reject,
        timer: setTimeout(() => this.#expire(job), deadlineMs),
      };
      this.#waiting.add(job);
      this.#sendNext();
    });
  }

  /** Waits up to 5 s for outstanding confirms, then closes; the remaining messages fail. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const end = performance.now() + CLOSE_WITHIN_MS;
    while ((this.#unconfirmed > 0 || this.#waiting.size > 0) && this.ready && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 10));
    this.#closed = true;
    for (const job of this.#waiting) this.#expire(job);
    await this.#channel.close().catch(() => undefined);
    watched.connections.delete(this.#connection);
    await this.#connection.close();
  }

  /** Sends waiting messages in order while the window has room. */
  #sendNext(): void {
    for (const job of this.#waiting) {
      if (!this.ready || this.#unconfirmed >= this.#window) return;
      this.#waiting.delete(job);
      this.#send(job);
    }
  }

  /** Frees its slot only when the broker has replied or the channel is gone, even if the deadline has passed before. */
  #send(job: Job): void {
    const answered = (failure?: PublishFailure): void => {
      this.#unconfirmed -= 1;
      job.finish(failure);
      this.#sendNext();
    };
    try {
      if (this.#channel.send(job.message, answered)) this.#unconfirmed += 1;
      else this.#requeue(job);
    } catch (error) {
      clearTimeout(job.timer);
      job.abort(error);
    }
  }

  /** The channel closed between the check and the send. */
  #requeue(job: Job): void {
    if (job.whenDown === 'wait') this.#waiting.add(job);
    else job.finish('not-connected');
  }

  #expire(job: Job): void {
    if (this.#waiting.delete(job)) job.finish(this.ready ? 'buffer-full' : 'not-connected');
    else job.finish('unknown');
  }

  #setBlocked(blocked: boolean): void {
    this.#blocked = blocked;
    for (const listener of this.#blockedListeners) listener(blocked);
    if (blocked) this.#failJobsThatDoNotWait();
    else this.#resume();
  }

  #resume(): void {
    this.#sendNext();
    if (this.ready) for (const listener of this.#readyListeners) listener();
  }

  #failJobsThatDoNotWait(): void {
    for (const job of this.#waiting) {
      if (job.whenDown === 'fail' && this.#waiting.delete(job)) job.finish('not-connected');
    }
  }
}

function explain({ properties, exchange }: Outbound, reason: PublishFailure): string {
  return `${properties.type ?? 'a message'} was not published to ${exchange || 'its queue'}: ${EXPLANATIONS[reason]}`;
}
