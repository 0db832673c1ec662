import { Logger } from '@nestjs/common';
import { catalogue, ownerOf, type Contract } from '@sluice/contracts';
import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { decodeAnswer } from './answer.js';
import { PublishError, RequestTimeoutError } from './errors.js';
import type { SenderVerification } from './sender-verification.js';

/** With deadlines of a few seconds, more than any broker here answers in that time; each holds its caller and a timer. */
const MAX_WAITING = 10_000;

interface Waiting {
  contract: Contract;
  /** The channel that the answer must come back on. */
  channel: ConfirmChannel | undefined;
  confirmed: boolean;
  timer: NodeJS.Timeout;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** One request that waits, and what its sender must tell about it. */
export interface PendingAnswer {
  promise: Promise<unknown>;
  confirmed(): void;
  failed(error: unknown): void;
}

/** The requests that wait for an answer over direct reply-to. */
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

  /** @throws PublishError `buffer-full` when too many wait already. */
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
        `an answer to ${contract.type} by ${String(properties.userId)} is ignored: that is not its owner`,
      );
    const waiting = this.#take(id)!;
    try {
      waiting.resolve(decodeAnswer(waiting.contract, properties.contentType, content));
    } catch (error) {
      waiting.reject(error);
    }
  }

  /** Requests that are not in the catalogue are a newcomer's, whose user nobody here knows. */
  #isOwners(contract: Contract, { userId }: ConsumeMessage['properties']): boolean {
    return !catalogue.has(contract.type) || this.senders.isOwner(ownerOf(contract), userId);
  }

  #late(id: string): void {
    this.#unanswered(id, 'no answer in time');
  }

  /** The answer's only way back is gone. What the broker has confirmed will still be handled, unless it is a read, which is over. */
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
