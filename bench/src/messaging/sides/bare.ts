import { randomUUID } from 'node:crypto';
import { EXCHANGES } from '@sluice/contracts';
import { connect, type ConfirmChannel } from 'amqplib';
import { PAYLOAD, PUBLISHED, type Messenger } from '../messenger.js';

const REPLIES = 'amq.rabbitmq.reply-to';
const QUEUE = 'bench.bare-requests';
const PREFETCH = 100;

const body = (): Buffer => Buffer.from(JSON.stringify(PAYLOAD));

/** The client library alone, as its tutorials use it. */
export async function connectMessenger(url: string): Promise<Messenger> {
  const connection = await connect(url, { noDelay: true });
  const [publishing, requesting] = [await connection.createConfirmChannel(), await connection.createChannel()];
  const waiting = new Map<string, (body: unknown) => void>();
  await requesting.consume(
    REPLIES,
    (message) => {
      const id = message?.properties.correlationId as string;
      waiting.get(id)?.(JSON.parse(message!.content.toString()));
      waiting.delete(id);
    },
    { noAck: true },
  );
  return {
    publish: () => publish(publishing),
    request: () =>
      new Promise((resolve) => {
        const correlationId = randomUUID();
        waiting.set(correlationId, resolve);
        requesting.sendToQueue(QUEUE, body(), { replyTo: REPLIES, correlationId });
      }),
  };
}

const publish = (channel: ConfirmChannel): Promise<void> =>
  new Promise((resolve, reject) => {
    const options = { persistent: true, mandatory: true, messageId: randomUUID() };
    channel.publish(EXCHANGES.commands, PUBLISHED.key, body(), options, (error) =>
      error ? reject(error as Error) : resolve(),
    );
  });

export async function serveRequests(url: string): Promise<void> {
  const channel = await (await connect(url, { noDelay: true })).createChannel();
  await channel.assertQueue(QUEUE);
  await channel.prefetch(PREFETCH);
  await channel.consume(QUEUE, (message) => {
    if (!message) return;
    const { replyTo, correlationId } = message.properties as { replyTo: string; correlationId: string };
    const answer = Buffer.from(JSON.stringify(JSON.parse(message.content.toString())));
    channel.sendToQueue(replyTo, answer, { correlationId });
    channel.ack(message);
  });
}
