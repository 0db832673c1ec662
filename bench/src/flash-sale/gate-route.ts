import { connect as connectSocket } from 'node:net';
import { connect } from 'amqplib';
import fastify from 'fastify';
import { COUNTER } from './redis-gate.js';

/**
 * The usual gate of a flash sale, in its own process like the gateway: a counter in Redis, then a confirmed publish.
 * Checks no token, no schema and no repetition, all of which the gateway does.
 */
const channel = await (await connect(process.env['AMQP_URL']!, { noDelay: true })).createConfirmChannel();
const redis = connectSocket({ port: Number(process.env['REDIS_PORT']), host: '127.0.0.1', noDelay: true });
const waiting: ((count: number) => void)[] = [];
let rest = '';

redis.on('data', (chunk) => {
  const replies = (rest + chunk.toString('latin1')).split('\r\n');
  rest = replies.pop() ?? '';
  for (const reply of replies) waiting.shift()!(Number(reply.slice(1))); // an integer is sent as `:1000`
});

/** Replies come in the order of the commands (https://redis.io/docs/latest/develop/using-commands/pipelining/). */
const takeOne = (): Promise<number> =>
  new Promise((resolve) => {
    waiting.push(resolve);
    redis.write(`DECR ${COUNTER}\r\n`);
  });

const publish = (body: string): Promise<void> =>
  new Promise((resolve, reject) =>
    channel.publish('', process.env['QUEUE']!, Buffer.from(body), { persistent: true }, (error) =>
      error ? reject(error as Error) : resolve(),
    ),
  );

const app = fastify();
app.post('/gate', async ({ body }, reply) => {
  if ((await takeOne()) < 0) return reply.status(410).send({ status: 'sold-out' });
  await publish(JSON.stringify(body));
  return reply.status(202).send({ ticket: 'none', status: 'waiting' });
});
await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
