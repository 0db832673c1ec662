import { randomUUID } from 'node:crypto';
import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import { system, type Contract, type Message } from '@sluice/contracts/kit';
import type { z } from 'zod';
import { encode, type About } from './codec.js';
import type { BrokerAddress } from './connection.js';
import { currentMessage } from './current-message.js';
import { timeRequest } from './metrics.js';
import { Publisher } from './publisher.js';
import { Replies } from './replies.js';
import { SenderVerification } from './sender-verification.js';
import { activeTraceparent, inClientSpan } from './tracing.js';

export interface MessageClientOptions extends BrokerAddress {
  /** The service that publishes. */
  source: string;
  /** Set when the client publishes only to bounded queues, where a nack is a normal outcome. */
  nacksAreAnswers?: boolean;
}

export interface RequestOptions {
  /** How long the caller waits for the reply, or for the broker's confirm. Milliseconds. */
  deadlineMs: number;
  /**
   * The id shared by all messages that one request causes; default: that of the message being handled, or a new one.
   */
  correlationId?: string;
  /**
   * Time at which the request was accepted from outside, RFC 3339, in database time; absent when the sender has no
   * estimate of it.
   */
  acceptedAt?: string | undefined;
}

/**
 * Part of the caller's time reserved for the way back, at most a tenth: the owner gets an earlier deadline, so that a
 * reply sent before the owner's deadline also arrives before the caller's. Milliseconds.
 */
const GRACE_MS = 500;
/** Deadline of Nest's own `send`, which has no parameter for it. */
const DEFAULT_DEADLINE_MS = 3_000;

/**
 * Sends requests and commands to other services. Connects in the background when constructed; Nest's `send` and
 * `emit` take a message type.
 */
export class MessageClient extends ClientProxy {
  readonly publisher: Publisher;
  readonly #replies: Replies;

  constructor(private readonly options: MessageClientOptions) {
    super();
    const { url, tls, source, nacksAreAnswers } = options;
    const senders = new SenderVerification({ ...options, service: source });
    this.#replies = new Replies(senders);
    this.publisher = new Publisher({
      url,
      tls,
      user: senders.user,
      name: `${source} ${nacksAreAnswers ? 'knocks' : 'publishes'}`,
      ...(nacksAreAnswers && { nacksAreAnswers: nacksAreAnswers }),
      // Direct reply-to delivers replies on the channel that sent the request, so each new publishing channel
      // subscribes.
      setup: (channel) => this.#replies.listen(channel),
    });
  }

  /**
   * Sends a request to its owner and waits for the reply. Fails immediately when not connected.
   * @throws ProblemError the owner's business "no"; PublishError the request did not (`unknown`: may not) reach the
   * broker; RequestTimeoutError confirmed by the broker, but no reply in time: a durable request will still be
   * handled
   */
  async request<S extends z.ZodType, R extends z.ZodType>(
    contract: Contract<S, R>,
    data: z.input<S>,
    { deadlineMs, ...about }: RequestOptions,
  ): Promise<z.output<R>> {
    return inClientSpan(contract.type, this.#about(about), (about) =>
      timeRequest(contract.type, () => this.#sendRequest(contract, data, about, deadlineMs)),
    );
  }

  async #sendRequest<S extends z.ZodType, R extends z.ZodType>(
    contract: Contract<S, R>,
    data: z.input<S>,
    about: About,
    deadlineMs: number,
  ): Promise<z.output<R>> {
    const id = randomUUID();
    const timeoutMs = deadlineMs - Math.min(GRACE_MS, deadlineMs / 10);
    const wire = encode(contract(data), { timeoutMs, ...about, reply: { to: 'amq.rabbitmq.reply-to', id } });
    const answer = this.#replies.wait(id, contract, deadlineMs);
    this.publisher.publish(wire, { whenDown: 'fail', deadlineMs }).then(answer.confirmed, answer.failed);
    return (await answer.promise) as z.output<R>;
  }

  /**
   * Sends a command without waiting for its outcome. Fails immediately when not connected; resolves when the broker
   * has confirmed it.
   * @throws PublishError `nacked`: its queue is bounded and full; `unknown`: it may be stored
   */
  async post<S extends z.ZodType, R extends z.ZodType>(
    contract: Contract<S, R>,
    data: z.input<S>,
    { deadlineMs, ...about }: RequestOptions,
  ): Promise<void> {
    await this.publisher.publish(encode(contract(data), this.#about(about)), { whenDown: 'fail', deadlineMs });
  }

  async connect(): Promise<Publisher> {
    return this.publisher;
  }

  async close(): Promise<void> {
    await this.publisher.close();
    this.#replies.close();
  }

  unwrap<T>(): T {
    return this.publisher as T;
  }

  protected publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    this.request(contractOf(packet), packet.data, { deadlineMs: DEFAULT_DEADLINE_MS }).then(
      (response) => callback({ response, isDisposed: true }),
      (err: unknown) => callback({ err, isDisposed: true }),
    );
    return () => undefined;
  }

  protected async dispatchEvent<T>(packet: ReadPacket): Promise<T> {
    await this.publisher.publish(encode(contractOf(packet)(packet.data), this.#about()));
    return undefined as T;
  }

  #about({ correlationId, acceptedAt }: Pick<RequestOptions, 'correlationId' | 'acceptedAt'> = {}): About {
    const cause: Message | undefined = currentMessage();
    const traceparent = activeTraceparent() ?? cause?.traceparent;
    return {
      id: randomUUID(),
      time: new Date().toISOString(),
      correlationId: correlationId ?? cause?.correlationId ?? randomUUID(),
      ...(acceptedAt !== undefined && { acceptedAt }),
      ...(cause && { causationId: cause.id }),
      ...(traceparent !== undefined && { traceparent }),
      source: this.options.source,
    };
  }
}

function contractOf({ pattern }: ReadPacket): Contract {
  const contract = system().catalogue.contracts.get(String(pattern));
  if (!contract) throw new TypeError(`${String(pattern)} is no message type of this system`);
  return contract;
}
