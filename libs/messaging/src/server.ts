import { Logger } from '@nestjs/common';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { system, type Contract } from '@sluice/contracts/kit';
import type { AmqpConnectionManager } from 'amqp-connection-manager';
import { checkTopology, checkWiring } from './boot-checks.js';
import type { WireMessage } from './codec.js';
import { connected, openConnection, type BrokerAddress } from './connection.js';
import { Consumer, type ConsumerOptions } from './consumer.js';
import { watched } from './metrics.js';
import type { Subscription } from './on.js';
import { Publisher } from './publisher.js';
import { SenderVerification } from './sender-verification.js';
import { SCHEDULE, type Schedule } from './schedule.js';
import { namesOf, routesOf, type QueueRoutes, type Registration } from './routes.js';

export interface MessageServerOptions extends BrokerAddress {
  /** Name of the service; its queues are `<service>.<queue>`. */
  service: string;
  /** Messages of one queue handled at once. */
  prefetch?: number;
  /** Waiting times of failed messages; the topology must have a tier for each. */
  schedule?: Partial<Schedule>;
  /**
   * How long a message is retried until a replica supports its type and version, before it is a dead letter.
   * Milliseconds.
   */
  unsupportedForMs?: number;
  /** How long a message is held for a failing dependency before it is returned to its queue. Milliseconds. */
  holdForMs?: number;
  /** The requests that must have a handler; default: every command and query that is named after the service. */
  expected?: readonly Contract[];
  /** Publishes retries, dead letters and replies, and is not closed with the server; default: an own publisher. */
  publisher?: Publisher;
}

/** Throughput stops growing here: 23k messages a second against 26k with 500, and a crash redelivers that many. */
const PREFETCH = 100;
/** An upgrade of all replicas takes minutes. Milliseconds. */
const UNSUPPORTED_FOR_MS = 3_600_000;
/** A handler that takes longer is cut off; its message is delivered again. */
const DRAIN_WITHIN_MS = 10_000;

/**
 * Nest transport for `@On` handlers: `NestFactory.createMicroservice(module, { strategy })`, with a `RethrowFilter`.
 */
export class MessageServer extends Server implements CustomTransportStrategy {
  /** The consumer settles the outcome of each handler, so Nest need not log errors as unhandled. */
  override readonly propagatesEventHandlerErrors = true;
  readonly #registrations: Registration[] = [];
  readonly #consumers: Consumer[] = [];
  /** The consumers of requests and deliveries, by message type. */
  readonly #consumerOfOwn = new Map<string, Consumer>();
  #queues: readonly string[] = [];
  #connection: AmqpConnectionManager | undefined;
  #publisher: Publisher | undefined;
  #closed: Promise<void> | undefined;
  #unwatch: (() => void) | undefined;

  readonly #senders: SenderVerification;

  constructor(private readonly options: MessageServerOptions) {
    super();
    this.#senders = new SenderVerification(options);
  }

  /** This service's user on the broker, and the check of message senders. */
  get senders(): SenderVerification {
    return this.#senders;
  }

  /** Every queue is subscribed and replies can be sent. */
  get ready(): boolean {
    return this.#publisher?.ready === true && this.#consumers.every(({ subscribed }) => subscribed);
  }

  /** Queues whose consumers are paused because a dependency fails. */
  get paused(): string[] {
    return this.#consumers.filter(({ paused }) => paused).map(({ queue }) => queue);
  }

  /** State of the consumer of a queue; undefined for a queue without one. */
  consumerOf(queue: string): { readonly paused: boolean; readonly held: number } | undefined {
    return this.#consumers.find((consumer) => consumer.queue === queue);
  }

  /**
   * Handles a message without the broker if it is for a queue that this process consumes.
   * @returns undefined when it is not, or when it is a timer; else whether it was handled. False: it must be published
   */
  handleHere(message: WireMessage): Promise<boolean> | undefined {
    const isTimer = message.exchange === '';
    return isTimer ? undefined : this.#consumerOfOwn.get(message.properties.type)?.handleHere(message);
  }

  /** The consumed queues and their dead-letter queues; empty before `listen`. */
  get queues(): readonly string[] {
    return this.#queues;
  }

  /**
   * Records all registrations for the wiring check: Nest would silently chain a second event handler, and let a
   * second request handler replace the first.
   */
  override addHandler(
    pattern: string,
    handler: MessageHandler,
    isEventHandler = false,
    extras: Partial<Subscription> = {},
  ): void {
    this.#registrations.push({ pattern, handler, subscription: extras });
    super.addHandler(pattern, handler, isEventHandler, extras);
  }

  /**
   * Checks the wiring, waits for the broker, checks its topology, then consumes. `callback` receives the error that
   * prevented it.
   */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      await this.#start();
      callback();
    } catch (error) {
      await this.close();
      callback(error);
    }
  }

  /** Stops consuming, finishes in-flight messages (up to 10 s), acknowledges them, closes. */
  close(): Promise<void> {
    return (this.#closed ??= this.#stop());
  }

  /** The consuming connection. */
  unwrap<T>(): T {
    return this.#connection as T;
  }

  on(): void {
    throw new Error('this transport has no events of its own');
  }

  async #start(): Promise<void> {
    const {
      service,
      url,
      tls,
      prefetch = PREFETCH,
      expected = system().catalogue.requestsOf(service),
      unsupportedForMs = UNSUPPORTED_FOR_MS,
      holdForMs,
    } = this.options;
    if (this.#senders.user === undefined)
      new Logger('Broker').warn(`AMQP_URL does not name the user ${service}: senders of messages are not verified`);
    checkWiring(service, this.#registrations, expected);
    const queues = routesOf(service, this.#registrations, prefetch, { ...SCHEDULE, ...this.options.schedule });
    const connection = (this.#connection = openConnection({ url, tls }, `${service} consumes`));
    const publisher = (this.#publisher =
      this.options.publisher ?? new Publisher({ url, tls, user: this.#senders.user, name: `${service} settles` }));
    this.#watch(connection, publisher, queues);
    await this.#check(connection, queues);
    const options = {
      connection,
      publisher,
      senders: this.#senders,
      unsupportedForMs,
      ...(holdForMs !== undefined && { holdForMs }),
    };
    for (const routes of queues) this.#consume(routes, options);
    await this.#untilReady();
  }

  #consume(routes: QueueRoutes, options: ConsumerOptions): void {
    const consumer = new Consumer(routes, options);
    this.#consumers.push(consumer);
    // These have one queue only. A bounded one must see all of its messages.
    for (const { type, kind, bounded } of routes.contracts)
      if ((kind === 'command' || kind === 'delivery') && !bounded) this.#consumerOfOwn.set(type, consumer);
  }

  #watch(connection: AmqpConnectionManager, publisher: Publisher, queues: readonly QueueRoutes[]): void {
    this.#queues = namesOf(queues);
    const own = { names: this.#queues, depth: (queue: string) => publisher.depth(queue) };
    watched.connections.add(connection);
    watched.queues.add(own);
    this.#unwatch = () => void (watched.connections.delete(connection), watched.queues.delete(own));
  }

  async #check(connection: AmqpConnectionManager, queues: readonly QueueRoutes[]): Promise<void> {
    await connected(connection, this.options);
    const tiersMs = new Set(queues.filter(({ transient }) => !transient).flatMap((queue) => queue.tiersMs));
    if (connection.connection) await checkTopology(connection.connection, queues, [...tiersMs]);
  }

  async #untilReady(): Promise<void> {
    while (!this.ready && !this.#closed) await pause(10);
  }

  async #stop(): Promise<void> {
    this.#unwatch?.();
    const drained = Promise.all(this.#consumers.map((consumer) => consumer.drain()));
    await Promise.race([drained, drainTimeout()]);
    await Promise.all(this.#consumers.map((consumer) => consumer.close()));
    if (!this.options.publisher) await this.#publisher?.close();
    await this.#connection?.close();
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Timeout that does not keep the process alive when the handlers finish sooner. */
const drainTimeout = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, DRAIN_WITHIN_MS).unref());
