// @ts-nocheck
import { Failure } from '@sluice/stack/failure';
import { dataOf, factLine, terminal } from './fact-line.js';
import { connectTo, loadCompiled, whenEnded, write } from '@sluice/stack/rabbitmq/operator';

/** How many facts wait for a terminal that is slower than the shop; then the oldest go, which nobody would have read. */
const MOST_WAITING = 10_000;
/** On their way to the terminal. */
const PREFETCH = 100;

/**
 * Prints the facts that match, from now on, until somebody ends it. It listens beside everybody else, on a queue that goes with it.
 * @param {readonly string[]} patterns topic patterns: `order.*`, `#` @param {{ url: string }} broker @param {{ json: boolean }} options
 * @throws {Failure}
 */
export async function tail(patterns, broker, { json }) {
  const { scrub } = await loadCompiled('libs/service-kit/dist/secrets.js');
  const print = (message) =>
    write(`${json ? JSON.stringify(wholeOf(message, scrub)) : factLine(factOf(message, scrub), terminal())}\n`);
  await follow(broker, 'shop.events', patterns, print, () =>
    console.error(`listening to ${patterns.join(', ')}; Ctrl-C ends it`),
  );
}

/**
 * Follows what an exchange is given.
 * @param {{ url: string }} broker @param {string} exchange @param {readonly string[]} patterns
 * @param {(message: import('amqplib').ConsumeMessage) => Promise<void>} print @param {() => void} ready called when nothing is missed any more
 */
export async function follow(broker, exchange, patterns, print, ready) {
  const ended = whenEnded();
  const connection = await connectTo(broker, `follows ${exchange}`);
  const gone = new Promise((_, reject) =>
    connection.once('close', () =>
      reject(new Failure('the broker has closed the connection', 'Start it again when the broker is back.')),
    ),
  );
  gone.catch(() => {}); // also when it is we who close
  try {
    const channel = (await connection.createChannel()).on('error', () => {});
    const { queue } = await channel.assertQueue('', {
      exclusive: true,
      autoDelete: true,
      maxLength: MOST_WAITING,
      arguments: { 'x-overflow': 'drop-head' },
    });
    for (const pattern of patterns) await channel.bindQueue(queue, exchange, pattern);
    await channel.prefetch(PREFETCH);
    // No ack before it is written: then a slow terminal fills the bounded queue, and not this process or its connection.
    await channel.consume(
      queue,
      (message) =>
        message &&
        print(message)
          .then(() => channel.ack(message))
          .catch(() => {}),
    ); // its reader has gone, which ends us
    ready();
    await Promise.race([ended, gone]);
  } finally {
    connection.removeAllListeners('close');
    await connection.close().catch(() => {}); // it has gone by itself; the queue goes with it
  }
}

const factOf = ({ properties: { type = '', headers = {} }, content }, scrub) => ({
  time: headers.time ?? new Date().toISOString(),
  type,
  correlationId: headers['correlation-id'],
  data: scrub(dataOf(content)),
});

const wholeOf = ({ fields, properties, content }, scrub) => ({
  id: properties.messageId,
  type: properties.type,
  exchange: fields.exchange,
  routingKey: fields.routingKey,
  from: properties.appId,
  headers: properties.headers,
  data: scrub(dataOf(content)),
});
