import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import { eventually, testBroker, type TestBroker } from '@sluice/testing';
import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connected, openConnection } from './connection.js';

let broker: TestBroker;
let stream: Socket;
let channel: ConfirmChannel;
let close: () => Promise<void>;
beforeAll(async () => {
  broker = await testBroker();
  const manager = openConnection({ url: broker.url }, 'collects');
  close = () => manager.close();
  await connected(manager, { url: broker.url });
  channel = await manager.connection!.createConfirmChannel();
  ({ stream } = manager.connection!.connection as unknown as { stream: Socket });
});
afterAll(async () => {
  await close();
  await broker.close();
});

/** Returns how often the socket hands bytes to the operating system until `work` has ended. */
async function writesDuring(work: () => Promise<unknown>): Promise<number> {
  let writes = 0;
  const { _write, _writev } = stream;
  stream._write = (...args) => {
    writes += 1;
    _write.apply(stream, args);
  };
  stream._writev = (...args) => {
    writes += 1;
    _writev!.apply(stream, args);
  };
  try {
    await work();
  } finally {
    Object.assign(stream, { _write, _writev });
  }
  return writes;
}

const COUNT = 50;
const aQueue = async (): Promise<string> => {
  const { queue } = await channel.assertQueue(`q-${randomUUID()}`);
  return queue;
};
const publishSome = (queue: string) =>
  Promise.all(
    Array.from(
      { length: COUNT },
      () => new Promise((confirmed) => channel.sendToQueue(queue, Buffer.from('x'), {}, confirmed)),
    ),
  );

describe('a connection to the broker', () => {
  it('writes the messages of one turn together', async () => {
    const queue = await aQueue();
    expect(await writesDuring(() => publishSome(queue))).toBe(1);
  });

  it('writes the acks of one turn together, and the broker has each', async () => {
    const queue = await aQueue();
    await publishSome(queue);
    const messages: ConsumeMessage[] = [];
    const { consumerTag } = await channel.consume(queue, (message) => void messages.push(message!));
    await eventually(() => expect(messages).toHaveLength(COUNT));
    const writes = await writesDuring(async () => {
      for (const message of messages) channel.ack(message);
      // Its reply comes after the broker has read the acks.
      await channel.checkQueue(queue);
    });
    expect(writes).toBeLessThanOrEqual(2);
    await channel.cancel(consumerTag);
    await channel.recover();
    expect((await channel.checkQueue(queue)).messageCount).toBe(0);
  });
});
