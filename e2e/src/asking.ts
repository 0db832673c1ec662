import { randomUUID } from 'node:crypto';
import { Problem, type Contract } from '@sluice/contracts';
import { eventually } from '@sluice/testing';
import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';

interface Asking {
  /** How long its caller still waits. Milliseconds. */
  timeoutMs?: number;
  version?: unknown;
}

/** RPC in raw AMQP, as a program in any language would do it. */
export class Asker {
  readonly #answers = new Map<string, ConsumeMessage>();

  private constructor(private readonly channel: ConfirmChannel) {}

  static async on(connection: ChannelModel): Promise<Asker> {
    const asker = new Asker(await connection.createConfirmChannel());
    await asker.channel.consume(
      'amq.rabbitmq.reply-to',
      (answer) => answer && asker.#answers.set(String(answer.properties.correlationId), answer),
      { noAck: true },
    );
    return asker;
  }

  /** Sends a request, and gives the id that its answer will have. */
  async send({ type }: Contract, data: unknown, { timeoutMs = 10_000, version = 1 }: Asking = {}): Promise<string> {
    const id = randomUUID();
    const headers = { version, time: new Date().toISOString(), 'correlation-id': id, 'timeout-ms': timeoutMs };
    this.channel.publish('shop.commands', type, Buffer.from(JSON.stringify(data)), {
      messageId: randomUUID(),
      type,
      contentType: 'application/json',
      mandatory: true,
      replyTo: 'amq.rabbitmq.reply-to',
      correlationId: id,
      headers,
    });
    await this.channel.waitForConfirms();
    return id;
  }

  hasAnswer(id: string): boolean {
    return this.#answers.has(id);
  }

  /** The answer in the shape that the contract gives it, or the problem. */
  async ask<C extends Contract>(
    contract: C,
    data: unknown,
    asking?: Asking,
  ): Promise<{ value?: ReturnType<NonNullable<C['reply']>['parse']>; problem?: Problem }> {
    const id = await this.send(contract, data, asking);
    const { properties, content } = await eventually(
      () => this.#answers.get(id) ?? Promise.reject(new Error(`no answer to ${contract.type}`)),
    );
    const body: unknown = JSON.parse(content.toString());
    if (properties.contentType === 'application/problem+json') return { problem: Problem.parse(body) };
    return { value: contract.reply?.parse(body) as ReturnType<NonNullable<C['reply']>['parse']> };
  }
}
