import { setTimeout as pause } from 'node:timers/promises';
import type { AmqpConnectionManager } from 'amqp-connection-manager';
import type { ConfirmChannel } from 'amqplib';
import { ReopeningConfirmChannel, type Outbound } from './confirm-channel.js';
import { openConnection, type BrokerAddress } from './connection.js';
import { PublishError, type PublishFailure } from './errors.js';
import { countPublish, watched } from './metrics.js';
import { TimerQueues, timerType } from './timers.js';
import { inProducerSpan } from './tracing.js';

export interface PublisherOptions extends BrokerAddress {
  /** The connection's name in the management pages. */
  name?: string;
  /** How many messages may be unconfirmed at once. */
  window?: number;
  /** It publishes to bounded queues alone, which refuse as a matter of course. */
  nacksAreAnswers?: boolean;
  /** The user of `url`, when it is to be named as the sender of every message. */
  user?: string | undefined;
  /** Runs on every new channel before anything is sent on it. */
  setup?: (channel: ConfirmChannel) => Promise<void>;
}

export interface PublishOptions {
  /** Without a broker: wait for it until the deadline (default), or fail at once. */
  whenDown?: 'wait' | 'fail';
  /** From now to the confirm, waiting included. Milliseconds. */
  deadlineMs?: number;
  /** What is done with the message, for its span: `publish`, or what becomes of one that came before. */
  operation?: string;
}

/** Rates stop growing here: 26k a second against 22k with 100 (1 kB, quorum), and 1,000 orders of a few kB are a few MB. */
const WINDOW = 1_000;
/** Whoever waits for a slot holds its message in memory; so many are ten windows, under half a second of work. Timers stand in a line of their own. */
const MAX_WAITING = 10_000;
/** Longer than a broker's restart takes to be noticed as a closed connection, shorter than a person's patience with a stuck service. */
const DEADLINE_MS = 10_000;
/** How long `close` waits for confirms that are still out. */
const CLOSE_WITHIN_MS = 5_000;
/** How soon a timer that waits for a broker notices it. */
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

/** Publishes with confirms. At most a window of messages is out at once; the others wait in line, so memory is bounded. */
export class Publisher {
  readonly #connection: AmqpConnectionManager;
  readonly #timers: TimerQueues;
  readonly #channel: ReopeningConfirmChannel;
  readonly #window: number;
  readonly #waiting = new Set<Job>();
  #unconfirmed = 0;
  /** Timers from the declaring of their queue, for which they may wait for a broker, to their confirm. */
  #preparing = 0;
  #blocked = false;
  readonly #blockedListeners = new Set<(blocked: boolean) => void>();
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
      onOpen: () => this.#sendNext(),
      onLost: () => this.#failJobsThatDoNotWait(),
    });
  }

  /** Something published now would go out now. A broker in memory or disk alarm does not count: it takes nothing. */
  get ready(): boolean {
    return this.#channel.isOpen && !this.#blocked && !this.#closed;
  }

  /** Calls back when the broker begins to block its publishers (memory or disk alarm), and when it ends. @returns what ends the watch */
  onBlockedChange(listener: (blocked: boolean) => void): () => void {
    this.#blockedListeners.add(listener);
    if (this.#blocked) listener(true);
    return () => void this.#blockedListeners.delete(listener);
  }

  /** How many messages wait in a queue, without those that a consumer holds. @throws Error no broker, or no such queue */
  async depth(queue: string): Promise<number> {
    return (await this.inspectQueue(queue)).messages;
  }

  /** @throws Error no broker, or no such queue */
  async inspectQueue(queue: string): Promise<{ messages: number; consumers: number }> {
    const channel = await this.openChannel();
    const { messageCount: messages, consumerCount: consumers } = await channel.checkQueue(queue);
    await channel.close();
    return { messages, consumers };
  }

  /** A channel beside the one that publishes, for other work; who opens it closes it. @throws Error no broker */
  async openChannel(): Promise<ConfirmChannel> {
    const channel = await this.#connection.connection?.createConfirmChannel();
    if (!channel) throw new Error('there is no connection to the broker');
    // What the broker says when it closes a channel is also what the call on it fails with.
    channel.on('error', () => undefined);
    return channel;
  }

  /** Resolves when the broker has the message. @throws PublishError */
  publish(message: Outbound, options: PublishOptions = {}): Promise<void> {
    return inProducerSpan(message, options.operation ?? 'publish', (traced) =>
      countPublish(traced.properties.type, () => this.#start(traced, options)),
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

  /** A queue that was removed after it was declared is declared once more. */
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
      // The broker's own refusals have a code.
      const reason = (cause as { code?: number }).code === undefined ? 'not-connected' : 'unroutable';
      throw new PublishError(reason, explain(message, reason), { cause });
    });
  }

  #enqueue(message: Outbound, { whenDown = 'wait', deadlineMs = DEADLINE_MS }: PublishOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (reason: PublishFailure): void => reject(new PublishError(reason, explain(message, reason)));
      if (this.#closed || (whenDown === 'fail' && !this.ready)) return fail('not-connected');
      if (this.#waiting.size >= MAX_WAITING) return fail('buffer-full');
      const finish = (failure?: PublishFailure): void => {
        clearTimeout(job.timer);
        if (failure) fail(failure);
        else resolve();
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

  /** Waits up to 5 s for what is out, then closes; what is left fails. */
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

  /** Sends from the head of the line as long as the window has room. */
  #sendNext(): void {
    for (const job of this.#waiting) {
      if (!this.ready || this.#unconfirmed >= this.#window) return;
      this.#waiting.delete(job);
      this.#send(job);
    }
  }

  /** A slot is free again only when the broker has answered or the channel is gone, whatever the deadline said meanwhile. */
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

  /** The channel went between the look and the sending. */
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
    else this.#sendNext();
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
