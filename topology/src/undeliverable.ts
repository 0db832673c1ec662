import { setTimeout as pause } from 'node:timers/promises';
import type { ChannelModel, ConfirmChannel, GetMessage } from 'amqplib';
import { OPERATOR } from './layout.js';
import { republish } from './operator.js';

/** Where messages wait that came out of a retry tier and found no queue of their name. */
export const UNDELIVERABLE_QUEUE = 'shop.homeless';

/** Of each home, how many of its messages were sent there, and how many wait in `shop.homeless` as it does not exist. */
export interface UndeliverableReport {
  sentHome: Record<string, number>;
  left: Record<string, number>;
}

/** For people. */
export const undeliverableLines = ({ sentHome, left }: UndeliverableReport): string[] => [
  ...Object.entries(sentHome).map(([home, count]) => `sent home from ${UNDELIVERABLE_QUEUE}: ${count} to ${home}`),
  ...Object.entries(left).map(
    ([home, count]) => `waits in ${UNDELIVERABLE_QUEUE}: ${count} for ${home}, which does not exist or takes nothing`,
  ),
];

/** One look takes about ten seconds at most. What is beyond it waits for the next. */
const MAX_INSPECTED = 20_000;
/** So many are on their way at once: a crash doubles no more, and the inbox knows them. */
const BATCH = 100;
/** A queue without a leader confirms nothing. */
const CONFIRMED_WITHIN_MS = 10_000;
/** Quorum queues lose the acks that are still on their way when the channel closes. */
const ACKS_ARRIVE_WITHIN_MS = 150;

/**
 * Sends the messages of `shop.homeless` home whose home exists (again): a confirmed publish straight into the queue, then the
 * ack, so a crash in between doubles one and loses none. The others stay. One pass over what was there at the beginning.
 * @param homes the queues that messages may come home to @param url of the connection
 */
export async function sendHome(
  connection: ChannelModel,
  homes: ReadonlySet<string>,
  url: string,
): Promise<UndeliverableReport> {
  const [sentHome, left]: [Map<string, number>, Map<string, number>] = [new Map(), new Map()];
  const [away, bound] = [new Set<string>(), new Set<string>()];
  await withUndeliverable(connection, async (channel, messages) => {
    channel.on('return', ({ fields }: { fields: { routingKey: string } }) => away.add(fields.routingKey)); // before the confirm
    for (let batch = await messages.next(BATCH); batch.length > 0; batch = await messages.next(BATCH)) {
      for (const home of new Set(batch.map(homeOf)))
        if (homes.has(home) && !bound.has(home)) await bind(connection, home).then(() => bound.add(home));
      const came = await Promise.all(
        batch.map(async (message) => homes.has(homeOf(message)) && (await cameHome(channel, message, { away, url }))),
      );
      batch.forEach((message, index) => {
        if (came[index]) channel.ack(message);
        count(came[index] ? sentHome : left, homeOf(message));
      });
    }
  });
  return { sentHome: Object.fromEntries(sentHome), left: Object.fromEntries(left) };
}

/** How many messages wait for each home. They stay where they are: nothing counts how often they were looked at. */
export async function queuesWaitedFor(connection: ChannelModel): Promise<Record<string, number>> {
  const found = new Map<string, number>();
  await withUndeliverable(connection, async (_, messages) => {
    for (let batch = await messages.next(BATCH); batch.length > 0; batch = await messages.next(BATCH)) {
      batch.forEach((message) => count(found, homeOf(message)));
    }
  });
  return Object.fromEntries(found);
}

/** A message keeps its routing key on the way through a tier: the name of its queue. */
const homeOf = ({ fields }: GetMessage): string => fields.routingKey;

const count = (counts: Map<string, number>, home: string): void => void counts.set(home, (counts.get(home) ?? 0) + 1);

interface Messages {
  next(most: number): Promise<GetMessage[]>;
}

/** What is taken and not acknowledged goes back when the channel closes. A broker without `shop.homeless` has none. */
async function withUndeliverable(
  connection: ChannelModel,
  work: (channel: ConfirmChannel, messages: Messages) => Promise<void>,
): Promise<void> {
  const channel = await connection.createConfirmChannel();
  channel.on('error', () => undefined); // what it says is also what the call fails with
  try {
    const { messageCount } = await channel.checkQueue(UNDELIVERABLE_QUEUE);
    await work(channel, taking(channel, Math.min(messageCount, MAX_INSPECTED)));
    await pause(messageCount > 0 ? ACKS_ARRIVE_WITHIN_MS : 0);
    await channel.close();
  } catch (error) {
    if ((error as { code?: number }).code !== 404) throw error;
  }
}

/** What the map knows is bound already; a newcomer's queue may not be. On a channel of its own, which a refusal closes. */
async function bind(connection: ChannelModel, home: string): Promise<void> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  await channel.bindQueue(home, OPERATOR, home).then(
    () => channel.close(),
    () => undefined,
  ); // it is gone: then what is sent there is returned
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

/** What is refused, returned or not confirmed in time stays, and so does all else for that queue until the next pass. */
async function cameHome(
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
