import { Logger } from '@nestjs/common';
import { system, type Contract } from '@sluice/contracts/kit';
import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { decodeAnswer } from './answer.js';
import { PublishError, RequestTimeoutError } from './errors.js';
import type { SenderVerification } from './sender-verification.js';

/**
 * Limit of pending requests; each holds a caller and a timer. With deadlines of a few seconds, no broker here answers
 * that many in time.
 */
const MAX_WAITING = 10_000;

interface Waiting {
  contract: Contract;
  /** The channel on which the reply must arrive. */
  channel: ConfirmChannel | undefined;
  confirmed: boolean;
  timer: NodeJS.Timeout;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A pending request; its sender reports the outcome of the publish. */
export interface PendingAnswer {
  promise: Promise<unknown>;
  confirmed(): void;
  failed(error: unknown): void;
}

/** The pending requests that wait for a reply over direct reply-to. */
export class Replies {
  readonly #waiting = new Map<string, Waiting>();
  readonly #logger = new Logger('Replies');
  #channel: ConfirmChannel | undefined;

  constructor(private readonly senders: Pick<SenderVerification, 'isOwner'>) {}

  async listen(channel: ConfirmChannel): Promise<void> {
    channel.once('close', () => this.#lost(channel));
    await channel.consume('amq.rabbitmq.reply-to', (message) => message && this.#arrived(message), { noAck: true });
    this.#channel = channel;
  }

  /** @throws PublishError `buffer-full` when too many requests are pending. */
  wait(id: string, contract: Contract, deadlineMs: number): PendingAnswer {
    if (this.#waiting.size >= MAX_WAITING)
      throw new PublishError(
        'buffer-full',
        `${contract.type} was not sent: ${MAX_WAITING} requests wait for answers already`,
      );
    const { promise, resolve, reject } = deferred();
    const waiting: Waiting = {
      contract,
      channel: this.#channel,
      confirmed: false,
      resolve,
      reject,
      timer: setTimeout(() => this.#late(id), deadlineMs),
    };
    this.#waiting.set(id, waiting);
    return {
      promise,
      confirmed: () => void (waiting.confirmed = true),
      failed: (error) => this.#take(id)?.reject(error),
    };
  }

  close(): void {
    for (const id of this.#waiting.keys()) this.#unanswered(id, 'the client was closed');
  }

  #arrived({ properties, content }: ConsumeMessage): void {
    const id = String(properties.correlationId);
    const contract = this.#waiting.get(id)?.contract;
    if (!contract) return;
    if (!this.#isOwners(contract, properties))
      return this.#logger.warn(
        `an answer to ${contract.type} by ${String(properties.userId)} is ignored: that user is not its owner`,
      );
    const waiting = this.#take(id)!;
    try {
      waiting.resolve(decodeAnswer(waiting.contract, properties.contentType, content));
    } catch (error) {
      waiting.reject(error);
    }
  }

  /**
   * A request that is missing in the catalogue belongs to a service added later, whose user is unknown; its replies
   * are not checked.
   */
  #isOwners(contract: Contract, { userId }: ConsumeMessage['properties']): boolean {
    const { contracts, ownerOf } = system().catalogue;
    return !contracts.has(contract.type) || this.senders.isOwner(ownerOf(contract), userId);
  }

  #late(id: string): void {
    this.#unanswered(id, 'no answer in time');
  }

  /**
   * Ends requests whose reply channel has closed. Confirmed commands will still be handled; queries are lost with
   * their caller.
   */
  #lost(channel: ConfirmChannel): void {
    for (const [id, waiting] of this.#waiting) {
      if (waiting.channel === channel && waiting.confirmed) this.#unanswered(id, 'the connection was lost');
    }
  }

  #unanswered(id: string, why: string): void {
    const waiting = this.#take(id);
    if (!waiting) return;
    const { contract, confirmed } = waiting;
    const text = `${contract.type}: ${why}`;
    waiting.reject(
      confirmed
        ? new RequestTimeoutError(text)
        : new PublishError('unknown', `${text}, and the broker has not confirmed it`),
    );
  }

  #take(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (!waiting) return undefined;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    return waiting;
  }
}

function deferred(): { promise: Promise<unknown>; resolve(value: unknown): void; reject(error: unknown): void } {
  let resolve!: (value: unknown) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<unknown>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
