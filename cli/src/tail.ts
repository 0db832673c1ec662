import { EXCHANGES, ServicePulse } from '@sluice/contracts';
import type { ConsumeMessage } from 'amqplib';
import { Failure } from '@sluice/stack/failure';
import { loadCompiled } from '@sluice/stack/build/compiled';
import { connectToBroker } from '@sluice/stack/rabbitmq/administration';
import { dataOf, eventsOf, factLine, terminal, type Fact } from './fact-line.js';
import { whenEnded, write } from './standard-output.js';

/** Facts that wait for a terminal that is slower than the shop; beyond it the oldest are dropped, unread. */
const MAX_WAITING = 10_000;
/** Messages that are on their way to the terminal. */
const PREFETCH = 100;

/** Masks passwords, tokens and card numbers. */
export type Scrub = <T>(value: T) => T;

export const loadScrub = async (): Promise<Scrub> =>
  ((await loadCompiled('libs/service-kit/dist/secrets.js')) as { scrub: Scrub }).scrub;

interface TailRequest {
  /** Topic patterns: `order.*`, `#`. */
  patterns: string[];
  json: boolean;
}

/** Prints the facts that match, until a signal ends it, from a queue that the broker deletes with the connection. */
export async function tail({ patterns, json }: TailRequest, broker: { url: string }): Promise<void> {
  const scrub = await loadScrub();
  const print = async (message: ConsumeMessage): Promise<void> => {
    if (message.properties.type === ServicePulse.type && !wantsPulses(patterns)) return;
    const facts = json ? wholesOf(message, scrub) : factsOf(message, scrub);
    const lines = facts.map((fact) => (json ? JSON.stringify(fact) : factLine(fact as Fact, terminal())));
    await write(lines.map((line) => `${line}\n`).join(''));
  };
  const ready = (): void => console.error(`listening to ${patterns.join(', ')}; Ctrl-C ends it`);
  await follow(broker, { exchange: EXCHANGES.events, patterns, print, ready });
}

/** A pulse a second of each process would bury the facts: who wants them names them. */
const wantsPulses = (patterns: readonly string[]): boolean => patterns.some((pattern) => pattern.startsWith('service'));

interface Following {
  exchange: string;
  patterns: readonly string[];
  print: (message: ConsumeMessage) => Promise<void>;
  /** Called when no further message is missed. */
  ready: () => void;
}

/** Prints what an exchange receives, until a signal ends it. @throws {Failure} when the broker closes the connection */
export async function follow(broker: { url: string }, { exchange, patterns, print, ready }: Following): Promise<void> {
  const ended = whenEnded();
  const connection = await connectToBroker(broker, `follows ${exchange}`);
  const closed = new Promise<never>((_, reject) =>
    connection.once('close', () =>
      reject(new Failure('the broker has closed the connection', 'Start it again when the broker is back.')),
    ),
  );
  closed.catch(() => {}); // also when the connection is closed below
  try {
    const channel = (await connection.createChannel()).on('error', () => {});
    const { queue } = await channel.assertQueue('', {
      exclusive: true,
      autoDelete: true,
      maxLength: MAX_WAITING,
      arguments: { 'x-overflow': 'drop-head' },
    });
    for (const pattern of patterns) await channel.bindQueue(queue, exchange, pattern);
    await channel.prefetch(PREFETCH);
    // No ack before it is written: a slow terminal then fills the bounded queue, and not this process or its connection.
    const printAndAck = async (message: ConsumeMessage): Promise<void> => {
      await print(message);
      channel.ack(message);
    };
    await channel.consume(queue, (message: ConsumeMessage | null) => {
      if (message) void printAndAck(message).catch(() => {}); // the reader has gone, which ends this
    });
    ready();
    await Promise.race([ended, closed]);
  } finally {
    connection.removeAllListeners('close');
    await connection.close().catch(() => {}); // the broker has closed it, and deleted the queue
  }
}

function factsOf({ properties, content }: ConsumeMessage, scrub: Scrub): Fact[] {
  const { type, headers = {}, contentType } = properties;
  const alone = { type, time: headers['time'], correlationid: headers['correlation-id'], data: dataOf(content) };
  return (eventsOf(contentType, content) ?? [alone]).map((event) => ({
    time: textOf(event.time) ?? new Date().toISOString(),
    type: textOf(event.type) ?? '',
    correlationId: textOf(event.correlationid),
    data: scrub(event.data),
  }));
}

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function wholesOf({ fields: { exchange, routingKey }, properties, content }: ConsumeMessage, scrub: Scrub): object[] {
  const { messageId: id, type, appId: from, headers, contentType } = properties;
  const events = eventsOf(contentType, content);
  if (!events) return [{ id, type, exchange, routingKey, from, headers, data: scrub(dataOf(content)) }];
  return events.map(({ id: factId, type: factType, source, data, ...attributes }) => ({
    ...{ id: factId, type: factType, exchange, routingKey, from: source, batch: id, headers: attributes },
    data: scrub(data),
  }));
}
