import { EXCHANGES, isTierQueue, type Binding } from '@sluice/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import type { Channel, ChannelModel } from 'amqplib';
import { describeBinding, isTimer, type Difference } from './difference.js';
import { queuesWaitedFor } from './undeliverable.js';
import type { Management } from './management.js';

export interface Pruned {
  removed: string[];
  /** Objects that stay, with the reason. */
  kept: Record<string, string>;
}

/** Message counts of a broker, read before a queue is deleted. */
export interface Waiting {
  /** By queue: messages in it, including expired ones that wait because their target does not accept them. */
  messages: Readonly<Record<string, number>>;
  /** By queue: number of messages in `shop.homeless` that belong to it. */
  undeliverable: Readonly<Record<string, number>>;
}

const NOTHING: Waiting = { messages: {}, undeliverable: {} };

/**
 * Wait before the statistics are read. A queue itself counts only deliverable messages; expired ones that wait for
 * their target are only in the statistics. A queue emits them every 5 s, and the management plugin collects them
 * every 5 s (6 s were too short, seen with 3.10). Milliseconds.
 */
export const STATISTICS_WITHIN_MS = 12_000;

interface PruneContext {
  api: Management;
  statisticsWithinMs: number;
}

/**
 * Deletes stale bindings, and queues for which no message waits. Exchanges are deleted only when no queue had to be
 * kept, since they might still route to it.
 */
export async function remove(
  connection: ChannelModel,
  stale: Difference['stale'],
  { api, statisticsWithinMs }: PruneContext,
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

/** @returns the reason by name for each queue that is kept */
async function removeQueues(
  channel: Channel,
  queues: readonly string[],
  waiting: Waiting,
): Promise<Record<string, string>> {
  const kept: Record<string, string> = {};
  // Dead-letter queues and tiers come last, after the queues that depend on them.
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

/**
 * Reason to keep a queue: messages in it, or messages that may return to it from its service's tiers, from
 * `shop.homeless`, or from its dead letters.
 */
export function whyKept(
  name: string,
  { messages, undeliverable }: Waiting,
  staying: readonly string[],
): string | undefined {
  const waits = (queue: string): boolean => (messages[queue] ?? 0) > 0;
  const tiers = Object.keys(messages).filter(
    (queue) => isTierQueue(queue) && [serviceOf(name), EXCHANGES.prefix].includes(serviceOf(queue)),
  );
  const tier = tiers.find(waits);
  if (waits(name)) return `${counted(messages[name]!)} in it`;
  if (!isHome(name)) return staying.some((queue) => serves(name, queue)) ? 'a queue that stays needs it' : undefined;
  if (tier) return `${counted(messages[tier]!)} in ${tier}, and may return to it`;
  if (waits(`${name}.dead`)) return `${counted(messages[`${name}.dead`]!)} in ${name}.dead, and may be sent back to it`;
  return undeliverable[name] ? `${counted(undeliverable[name])} for it in ${EXCHANGES.homeless}` : undefined;
}

const counted = (count: number): string => `${count} ${count === 1 ? 'message waits' : 'messages wait'}`;
const serviceOf = (queue: string): string => queue.split('.', 1)[0]!;
/** Whether messages may return to the queue; never to dead-letter queues, tiers and timer queues. */
const isHome = (name: string): boolean => !name.endsWith('.dead') && !isTierQueue(name) && !isTimer(name);

/** Whether `name` serves `queue`: its dead-letter queue, or a tier of its service. */
const serves = (name: string, queue: string): boolean =>
  name === `${queue}.dead` || (isTierQueue(name) && isHome(queue) && serviceOf(name) === serviceOf(queue));

async function waitingOn(connection: ChannelModel, api: Management, statisticsWithinMs: number): Promise<Waiting> {
  await pause(statisticsWithinMs);
  const queues = await api.queues();
  const now = await depthsOf(
    connection,
    queues.map(({ name }) => name).filter((name) => !isHome(name)),
  );
  const messages = queues.map(({ name, messages: reported }) => [name, Math.max(reported, now.get(name) ?? 0)]);
  return { messages: Object.fromEntries(messages), undeliverable: await queuesWaitedFor(connection) };
}

/** The queues of the list that are empty by their own count. */
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
