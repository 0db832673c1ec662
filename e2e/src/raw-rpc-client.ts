import { randomUUID } from 'node:crypto';
import { EXCHANGES, Problem, type Contract } from '@sluice/contracts';
import { eventually } from '@sluice/testing';
import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';

interface RpcOptions {
  /** Remaining time of the caller. Milliseconds. */
  timeoutMs?: number;
  version?: unknown;
}

/** RPC in raw AMQP, as any language can do it. */
export class RawRpcClient {
  readonly #answers = new Map<string, ConsumeMessage>();

  private constructor(private readonly channel: ConfirmChannel) {}

  static async on(connection: ChannelModel): Promise<RawRpcClient> {
    const client = new RawRpcClient(await connection.createConfirmChannel());
    await client.channel.consume(
      'amq.rabbitmq.reply-to',
      (answer) => answer && client.#answers.set(String(answer.properties.correlationId), answer),
      { noAck: true },
    );
    return client;
  }

  /** Sends a request and returns the correlation id of its reply. */
  async send({ type }: Contract, data: unknown, { timeoutMs = 10_000, version = 1 }: RpcOptions = {}): Promise<string> {
    const id = randomUUID();
    const headers = { version, time: new Date().toISOString(), 'correlation-id': id, 'timeout-ms': timeoutMs };
    this.channel.publish(EXCHANGES.commands, type, Buffer.from(JSON.stringify(data)), {
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

  /** Sends a request and returns the reply, parsed by the contract, or the problem. */
  async request<C extends Contract>(
    contract: C,
    data: unknown,
    options?: RpcOptions,
  ): Promise<{ value?: ReturnType<NonNullable<C['reply']>['parse']>; problem?: Problem }> {
    const id = await this.send(contract, data, options);
    const { properties, content } = await eventually(
      () => this.#answers.get(id) ?? Promise.reject(new Error(`no answer to ${contract.type}`)),
    );
    const body: unknown = JSON.parse(content.toString());
    if (properties.contentType === 'application/problem+json') return { problem: Problem.parse(body) };
    return { value: contract.reply?.parse(body) as ReturnType<NonNullable<C['reply']>['parse']> };
  }
}
