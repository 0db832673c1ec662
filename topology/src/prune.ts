import { setTimeout as pause } from 'node:timers/promises';
import type { Channel, ChannelModel } from 'amqplib';
import { describeBinding, isTimer, type Difference } from './difference.js';
import { queuesWaitedFor } from './undeliverable.js';
import { isTierQueue, type Binding } from './layout.js';
import type { Management } from './management.js';

export interface Pruned {
  removed: string[];
  /** What stays, by why. */
  kept: Record<string, string>;
}

/** What is known of the queues of a broker before one of them goes. */
export interface Waiting {
  /** By queue: messages that wait in it, with those whose time is up and whose target does not take them. */
  messages: Readonly<Record<string, number>>;
  /** By queue: how many messages of `shop.homeless` belong there. */
  undeliverable: Readonly<Record<string, number>>;
}

const NOTHING: Waiting = { messages: {}, undeliverable: {} };

/**
 * A queue counts by itself only what it could deliver; what it tries to hand on when its time is up is in the statistics
 * alone: a queue tells them every 5 s, and the management plugin gathers them every 5 s (6 s were too short, seen with 3.10).
 */
export const STATISTICS_WITHIN_MS = 12_000;

interface Looking {
  api: Management;
  statisticsWithinMs: number;
}

/** Bindings go, and queues for which nothing waits; an exchange goes when no queue had to be kept, which might still be fed by it. */
export async function remove(
  connection: ChannelModel,
  stale: Difference['stale'],
  { api, statisticsWithinMs }: Looking,
): Promise<Pruned> {
  const channel = await connection.createChannel();
  for (const binding of stale.bindings) await unbind(channel, binding);
  const waiting = stale.queues.length > 0 ? await waitingOn(connection, api, statisticsWithinMs) : NOTHING;
  const kept = await removeQueues(channel, stale.queues, waiting);
  const staying = Object.keys(kept).length > 0;
  if (!staying) for (const name of stale.exchanges) await channel.deleteExchange(name);
  await channel.close();
  const queuesGone = stale.queues.filter((name) => !(name in kept));
  const gone = { bindings: stale.bindings, queues: queuesGone, exchanges: staying ? [] : stale.exchanges };
  const queues = Object.entries(kept).map(([name, why]) => [describeQueue(name), why]);
  const exchanges = staying
    ? stale.exchanges.map((name) => [describeExchange(name), 'a queue that stays may be fed by it'])
    : [];
  return { removed: describeStale(gone), kept: Object.fromEntries([...queues, ...exchanges]) };
}

/** @returns why a queue is kept, by its name */
async function removeQueues(
  channel: Channel,
  queues: readonly string[],
  waiting: Waiting,
): Promise<Record<string, string>> {
  const kept: Record<string, string> = {};
  // What others depend on comes last.
  for (const name of queues.toSorted((a, b) => Number(isHome(b)) - Number(isHome(a)))) {
    const { messageCount, consumerCount } = await channel.checkQueue(name);
    const counted = {
      ...waiting,
      messages: { ...waiting.messages, [name]: Math.max(messageCount, waiting.messages[name] ?? 0) },
    };
    const why = consumerCount > 0 ? 'it has consumers' : whyKept(name, counted, Object.keys(kept));
    if (why) kept[name] = why;
    else await channel.deleteQueue(name);
  }
  return kept;
}

/** Messages in it, or such as may come home to it: out of its service's tiers, out of `shop.homeless`, out of its dead letters. */
export function whyKept(
  name: string,
  { messages, undeliverable }: Waiting,
  staying: readonly string[],
): string | undefined {
  const waits = (queue: string): boolean => (messages[queue] ?? 0) > 0;
  const tiers = Object.keys(messages).filter(
    (queue) => isTierQueue(queue) && [serviceOf(name), 'shop'].includes(serviceOf(queue)),
  );
  const tier = tiers.find(waits);
  if (waits(name)) return `${counted(messages[name]!)} in it`;
  if (!isHome(name)) return staying.some((queue) => serves(name, queue)) ? 'a queue that stays needs it' : undefined;
  if (tier) return `${counted(messages[tier]!)} in ${tier}, and may come home to it`;
  if (waits(`${name}.dead`)) return `${counted(messages[`${name}.dead`]!)} in ${name}.dead, and may be sent back to it`;
  return undeliverable[name] ? `${counted(undeliverable[name])} for it in shop.homeless` : undefined;
}

const counted = (count: number): string => `${count} ${count === 1 ? 'message waits' : 'messages wait'}`;
const serviceOf = (queue: string): string => queue.split('.', 1)[0]!;
/** Nothing comes home to dead letters, tiers and timers. */
const isHome = (name: string): boolean => !name.endsWith('.dead') && !isTierQueue(name) && !isTimer(name);

/** The dead letters of a queue, and the tiers of its service. */
const serves = (name: string, queue: string): boolean =>
  name === `${queue}.dead` || (isTierQueue(name) && isHome(queue) && serviceOf(name) === serviceOf(queue));

async function waitingOn(connection: ChannelModel, api: Management, statisticsWithinMs: number): Promise<Waiting> {
  await pause(statisticsWithinMs);
  const queues = await api.queues();
  const now = await depthsOf(
    connection,
    queues.map(({ name }) => name).filter((name) => !isHome(name)),
  );
  const messages = queues.map(({ name, messages: known }) => [name, Math.max(known, now.get(name) ?? 0)]);
  return { messages: Object.fromEntries(messages), undeliverable: await queuesWaitedFor(connection) };
}

/** Those of these queues in which nothing waits, as far as they know themselves. */
export const emptyOf = async (connection: ChannelModel, queues: readonly string[]): Promise<string[]> =>
  [...(await depthsOf(connection, queues))].filter(([, depth]) => depth === 0).map(([name]) => name);

async function depthsOf(connection: ChannelModel, queues: readonly string[]): Promise<Map<string, number>> {
  const channel = await connection.createChannel();
  const found = await Promise.all(queues.map((name) => channel.checkQueue(name)));
  await channel.close();
  return new Map(found.map(({ queue, messageCount }) => [queue, messageCount]));
}

const unbind = (channel: Channel, { source, to, destination, key, arguments: args }: Binding): Promise<unknown> =>
  to === 'queue'
    ? channel.unbindQueue(destination, source, key, args)
    : channel.unbindExchange(destination, source, key, args);

export const describeQueue = (name: string): string => `queue ${name}`;
const describeExchange = (name: string): string => `exchange ${name}`;

export const describeStale = ({ exchanges, queues, bindings }: Difference['stale']): string[] => [
  ...bindings.map((binding) => `binding ${describeBinding(binding)}`),
  ...queues.map(describeQueue),
  ...exchanges.map(describeExchange),
];
