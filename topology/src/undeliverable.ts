import { EXCHANGES } from '@sluice/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import type { ChannelModel, ConfirmChannel, GetMessage } from 'amqplib';
import { republish } from './operator.js';

/** Queue of the messages that left a retry tier when the queue of their name did not exist. */
export const UNDELIVERABLE_QUEUE = EXCHANGES.homeless;

/** By home queue: messages sent back to it from `shop.homeless`, and messages left there because it does not exist. */
export interface UndeliverableReport {
  sentHome: Record<string, number>;
  left: Record<string, number>;
}

/** The report as lines of text. */
export const undeliverableLines = ({ sentHome, left }: UndeliverableReport): string[] => [
  ...Object.entries(sentHome).map(([home, count]) => `sent home from ${UNDELIVERABLE_QUEUE}: ${count} to ${home}`),
  ...Object.entries(left).map(
    ([home, count]) => `waits in ${UNDELIVERABLE_QUEUE}: ${count} for ${home}, which does not exist or takes nothing`,
  ),
];

/** Messages inspected per call, about ten seconds of work; the rest waits for the next call. */
const MAX_INSPECTED = 20_000;
/** Messages in flight at once. A crash duplicates at most these, and the inbox discards duplicates. */
const BATCH = 100;
/** Timeout of a confirm: a queue without a leader never confirms. Milliseconds. */
const CONFIRMED_WITHIN_MS = 10_000;
/** Acks still in flight when a channel closes are lost on quorum queues. Milliseconds. */
const ACKS_ARRIVE_WITHIN_MS = 150;

/**
 * Sends the messages of `shop.homeless` whose home queue exists (again) back to it. The publish is confirmed before
 * the ack, so a crash in between duplicates a message and loses none. The others stay. One pass over the messages
 * present at the start.
 * @param homes the queues that messages may return to @param url of the connection
 */
export async function sendHome(
  connection: ChannelModel,
  homes: ReadonlySet<string>,
  url: string,
): Promise<UndeliverableReport> {
  const [sentHome, left]: [Map<string, number>, Map<string, number>] = [new Map(), new Map()];
  const [away, bound] = [new Set<string>(), new Set<string>()];
  await withUndeliverable(connection, async (channel, messages) => {
    // The return arrives before the confirm.
    channel.on('return', ({ fields }: { fields: { routingKey: string } }) => away.add(fields.routingKey));
    for (let batch = await messages.next(BATCH); batch.length > 0; batch = await messages.next(BATCH)) {
      for (const home of new Set(batch.map(homeOf)))
        if (homes.has(home) && !bound.has(home)) await bind(connection, home).then(() => bound.add(home));
      const delivered = await Promise.all(
        batch.map(
          async (message) => homes.has(homeOf(message)) && (await republishHome(channel, message, { away, url })),
        ),
      );
      batch.forEach((message, index) => {
        if (delivered[index]) channel.ack(message);
        count(delivered[index] ? sentHome : left, homeOf(message));
      });
    }
  });
  return { sentHome: Object.fromEntries(sentHome), left: Object.fromEntries(left) };
}

/**
 * Number of messages in `shop.homeless` by home queue. The messages stay there, and nothing counts how often they are
 * read.
 */
export async function queuesWaitedFor(connection: ChannelModel): Promise<Record<string, number>> {
  const found = new Map<string, number>();
  await withUndeliverable(connection, async (_, messages) => {
    for (let batch = await messages.next(BATCH); batch.length > 0; batch = await messages.next(BATCH)) {
      batch.forEach((message) => count(found, homeOf(message)));
    }
  });
  return Object.fromEntries(found);
}

/** Home queue of a message: a retry tier keeps the routing key, which is the queue's name. */
const homeOf = ({ fields }: GetMessage): string => fields.routingKey;

const count = (counts: Map<string, number>, home: string): void => void counts.set(home, (counts.get(home) ?? 0) + 1);

interface Messages {
  next(most: number): Promise<GetMessage[]>;
}

/**
 * Opens a channel on `shop.homeless`. Unacknowledged messages return to the queue when the channel closes. A broker
 * without this queue has no such messages.
 */
async function withUndeliverable(
  connection: ChannelModel,
  work: (channel: ConfirmChannel, messages: Messages) => Promise<void>,
): Promise<void> {
  const channel = await connection.createConfirmChannel();
  // The error also rejects the pending call.
  channel.on('error', () => undefined);
  try {
    const { messageCount } = await channel.checkQueue(UNDELIVERABLE_QUEUE);
    await work(channel, taking(channel, Math.min(messageCount, MAX_INSPECTED)));
    await pause(messageCount > 0 ? ACKS_ARRIVE_WITHIN_MS : 0);
    await channel.close();
  } catch (error) {
    if ((error as { code?: number }).code !== 404) throw error;
  }
}

/**
 * Binds a queue to the operators' exchange; needed only for queues that are not on the map. On a separate channel,
 * because a refusal closes it.
 */
async function bind(connection: ChannelModel, home: string): Promise<void> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  await channel.bindQueue(home, EXCHANGES.operator, home).then(
    () => channel.close(),
    () => undefined,
  ); // The queue is gone: the broker will return messages for it.
}

function taking(channel: ConfirmChannel, total: number): Messages {
  let taken = 0;
  return {
    async next(most) {
      const batch: GetMessage[] = [];
      for (; batch.length < most && taken < total; taken++) {
        const message = await channel.get(UNDELIVERABLE_QUEUE);
        if (!message) return batch;
        batch.push(message);
      }
      return batch;
    },
  };
}

/**
 * Republishes a message to its home queue. When it is refused, returned or not confirmed in time, it stays, and so do
 * all other messages for that queue until the next pass.
 */
async function republishHome(
  channel: ConfirmChannel,
  message: GetMessage,
  { away, url }: { away: Set<string>; url: string },
): Promise<boolean> {
  const home = homeOf(message);
  if (away.has(home)) return false;
  const confirmed = new Promise<boolean>((resolve) => {
    republish(channel, message, { queue: home, url }, (error) => resolve(!error));
  });
  if (!(await Promise.race([confirmed, pause(CONFIRMED_WITHIN_MS, false, { ref: false })]))) away.add(home);
  return !away.has(home);
}
