import { randomUUID } from 'node:crypto';
import { EXCHANGES, type Contract, type Data, type Message } from '@sluice/contracts';
import type { GetMessage, Options } from 'amqplib';
import type { z } from 'zod';
import type { TestBroker } from './broker.js';

/** A message as a handler receives it. @throws ZodError when the data does not fit the contract */
export function given<S extends z.ZodType, R extends z.ZodType>(
  contract: Contract<S, R>,
  data: z.input<S>,
  overrides: Partial<Message<Contract<S, R>>> = {},
): Message<Contract<S, R>> {
  return {
    id: randomUUID(),
    type: contract.type,
    version: contract.version,
    correlationId: randomUUID(),
    time: new Date().toISOString(),
    data: contract.schema.parse(data) as Data<Contract<S, R>>,
    ...overrides,
  };
}

/** What a test makes different from a correct message, to see that it is rejected. */
export interface MessageOverrides {
  exchange?: string;
  routingKey?: string;
  /** Instead of the data as JSON. */
  body?: string;
  properties?: Options.Publish;
  /** The service in whose name it is published, where services have users of their own. */
  as?: string;
  /** Beside the correct ones; `undefined` leaves one out. */
  headers?: Record<string, unknown>;
}

const EXCHANGE_OF = {
  event: EXCHANGES.events,
  command: EXCHANGES.commands,
  query: EXCHANGES.commands,
  delivery: EXCHANGES.deliveries,
};

/** Publishes a message in the wire format, written here a second time independently. @returns its id, once confirmed */
export async function publish<S extends z.ZodType, R extends z.ZodType>(
  broker: Pick<TestBroker, 'connection'> & Partial<Pick<TestBroker, 'userOf'>>,
  contract: Contract<S, R>,
  data: z.input<S>,
  wire: MessageOverrides = {},
): Promise<string> {
  const { id, type, version, correlationId, time } = given(contract, data);
  const channel = await broker.connection.createConfirmChannel();
  const channelHeader = contract.kind === 'delivery' ? { channel: type.replace('delivery.', '') } : {};
  const marks = marksOf(contract, data);
  const properties = {
    messageId: id,
    type,
    timestamp: Math.floor(Date.now() / 1000),
    contentType: 'application/json',
    appId: 'test',
    persistent: !contract.transient,
    ...(marks.length > 0 && { CC: marks.map((mark) => `${type}.${mark}`) }),
    ...(wire.as !== undefined && { userId: broker.userOf!(wire.as) }),
    ...wire.properties,
    headers: defined({ version, time, 'correlation-id': correlationId, ...channelHeader, ...wire.headers }),
  };
  channel.publish(
    wire.exchange ?? EXCHANGE_OF[contract.kind],
    wire.routingKey ?? type,
    Buffer.from(wire.body ?? JSON.stringify(data)),
    properties,
  );
  await channel.waitForConfirms();
  await channel.close();
  return id;
}

/** Publishes facts as one message, in the JSON batch format of CloudEvents 1.0. @returns their ids, once confirmed */
export async function publishBatch<S extends z.ZodType, R extends z.ZodType>(
  broker: Parameters<typeof publish>[0],
  contract: Contract<S, R>,
  data: readonly z.input<S>[],
  wire: MessageOverrides = {},
): Promise<string[]> {
  const events = data.map((one) => {
    const { id, type, version: dataversion, correlationId: correlationid, time } = given(contract, one);
    const envelope = { specversion: '1.0', id, source: 'test', type, time, datacontenttype: 'application/json' };
    return { ...envelope, dataversion, correlationid, data: one };
  });
  await publish(broker, contract, data[0]!, {
    body: JSON.stringify(events),
    ...wire,
    headers: { 'correlation-id': undefined, facts: data.length, ...wire.headers },
    properties: { contentType: 'application/cloudevents-batch+json', ...wire.properties },
  });
  return events.map(({ id }) => id);
}

const marksOf = ({ marks = {} }: Contract, data: unknown): string[] =>
  Object.keys(marks).filter((mark) => marks[mark]!(data as never));

const defined = (headers: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));

/** A dead letter: its body as text, its properties, and the headers with the reason. */
export interface DeadLetter {
  body: string;
  properties: GetMessage['properties'];
  headers: Record<string, unknown>;
}

/** Everything in the dead-letter queue of `queue`, which stays there. */
export async function deadLetters(broker: TestBroker, queue: string): Promise<DeadLetter[]> {
  const channel = await broker.connection.createChannel();
  const letters: DeadLetter[] = [];
  for (let message = await channel.get(`${queue}.dead`); message; message = await channel.get(`${queue}.dead`)) {
    letters.push({
      body: message.content.toString(),
      properties: message.properties,
      headers: message.properties.headers ?? {},
    });
  }
  await channel.close();
  return letters;
}
