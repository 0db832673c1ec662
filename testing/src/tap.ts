import { connect, type ConsumeMessage } from 'amqplib';
import { EXCHANGES, catalogue } from '@sluice/contracts';
import type { TestBroker } from './broker.js';

/** Receives every message of a vhost as it passes its exchanges, and can publish it again. */
export type Tap = Awaited<ReturnType<typeof tap>>;

/** With `doubling`, each message is also published a second time as soon as it passes. */
export async function tap(broker: TestBroker, { doubling = false } = {}) {
  const connection = await connect(broker.url);
  const channel = await connection.createConfirmChannel();
  const messages = new Map<string, ConsumeMessage>();
  const again = ({ fields, properties, content }: ConsumeMessage) =>
    channel.publish(fields.exchange, fields.routingKey, content, properties);
  const { queue } = await channel.assertQueue('', { exclusive: true });

  await channel.bindQueue(queue, EXCHANGES.events, '#');
  for (const [type, { kind }] of catalogue) {
    if (kind === 'command') await channel.bindQueue(queue, EXCHANGES.commands, type);
    if (kind === 'delivery')
      await channel.bindQueue(queue, EXCHANGES.deliveries, '', {
        'x-match': 'all',
        channel: type.replace('delivery.', ''),
      });
  }
  await channel.consume(
    queue,
    (message) => {
      const id: unknown = message?.properties.messageId;
      if (message === null || typeof id !== 'string' || messages.has(id)) return;
      messages.set(id, message);
      if (doubling) again(message);
    },
    { noAck: true },
  );
  return {
    /** How many different messages have passed; each fact of a batch counts. */
    count: () =>
      [...messages.values()].reduce((sum, { properties }) => sum + Number(properties.headers?.['facts'] ?? 1), 0),
    /** Publishes every message that has passed once more, under its own id. */
    replay: async (): Promise<void> => {
      for (const message of messages.values()) again(message);
      await channel.waitForConfirms();
    },
    close: (): Promise<void> => connection.close(),
  };
}
