// node queue-program.js take|send <load>, with AMQP_URL: one side of queue.ts, in a process of its own.
import { once } from 'node:events';
import { connect } from 'amqplib';
import type { QueueOrder, Taken } from './queue.js';

/** Messages without a confirm, and without an ack: where the rate grows no further (docs/limits.md). */
const WINDOW = 1_000;
const PREFETCH = 100;
const QUIET_MS = 500;

process.once('disconnect', () => process.exit(0));
const [, , role, text] = process.argv;
const load = JSON.parse(text!) as QueueOrder;
const names = Array.from({ length: load.queues }, (_, index) => `${load.name}-${index}`);
const connection = await connect(process.env['AMQP_URL']!, { noDelay: true });

if (role === 'take') await take();
else await send();

async function take(): Promise<void> {
  let [taken, lastAt] = [0, Infinity]; // nothing ends before the first one
  for (const name of names) {
    const channel = await connection.createChannel();
    await channel.assertQueue(name, { arguments: { 'x-queue-type': 'quorum' } });
    await channel.prefetch(PREFETCH);
    await channel.consume(name, (message) => {
      if (!message) return;
      channel.ack(message);
      [taken, lastAt] = [taken + 1, performance.now()];
    });
  }
  process.send!('ready');
  const ended = setInterval(() => {
    if (performance.now() - lastAt < QUIET_MS) return;
    clearInterval(ended);
    process.send!({ taken, lastAt: performance.timeOrigin + lastAt } satisfies Taken);
  }, 100);
}

async function send(): Promise<void> {
  const channel = await connection.createConfirmChannel();
  const body = Buffer.alloc(load.bytes, 'x');
  process.send!('ready');
  await once(process, 'message');
  const end = performance.now() + load.seconds * 1_000;
  let sent = 0;
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      const name = names[sent++ % names.length]!;
      await new Promise<void>((resolve, reject) =>
        channel.sendToQueue(name, body, { persistent: true }, (error: unknown) =>
          error ? reject(error as Error) : resolve(),
        ),
      );
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, one));
  process.send!(sent);
}
