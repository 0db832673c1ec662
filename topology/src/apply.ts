import { connect, type Channel, type ChannelModel } from 'amqplib';
import { difference, describeBinding, type Difference } from './difference.js';
import { driftOf, DriftError, type Drift } from './drift.js';
import type { Binding, Exchange, Queue, Topology } from './layout.js';
import { management } from './management.js';
import { trust } from './trust.js';

export interface ApplyOptions {
  /** RabbitMQ's management API, with its user and password. Without it nothing can be listed, so the report is empty. */
  managementUrl?: string;
  /** Remove what the map does not know any more. Queues that hold messages or have consumers stay. */
  prune?: boolean;
  /** The names of the queues in which timers wait by the present settings: empty, they are only quiet. */
  timersInUse?: readonly string[];
}

export interface Report {
  /** What was not there before; undefined when it could not be listed. */
  created: string[] | undefined;
  /** What the broker has beyond the map and still has. */
  stale: string[];
  /** Queues of timers whose length is not in use any more, and in which none waits. */
  dry: string[];
  pruned: string[];
}

/**
 * Makes the broker hold what the map says. Idempotent; deletes nothing unless told to prune.
 * @throws DriftError when something exists with other arguments; everything else is applied all the same.
 */
export async function applyTopology(url: string, map: Topology, { managementUrl, prune = false, timersInUse = [] }: ApplyOptions = {}): Promise<Report> {
  const before = managementUrl === undefined ? undefined : difference(map, await listed(managementUrl, url), timersInUse);
  const connection = await connect(url, trust());
  try {
    const drifts = await declareAll(connection, map);
    if (drifts.length > 0) throw new DriftError(drifts);
    if (!before) return { created: undefined, stale: [], dry: [], pruned: [] };
    const dry = await emptyOf(connection, before.timers);
    if (!prune) return { created: before.missing, stale: describeStale(before.stale), dry: dry.map(describeQueue), pruned: [] };
    const { removed, kept } = await remove(connection, { ...before.stale, queues: [...before.stale.queues, ...dry] });
    return { created: before.missing, stale: kept, dry: [], pruned: removed };
  } finally {
    await connection.close();
  }
}

async function listed(managementUrl: string, url: string): Promise<Parameters<typeof difference>[1]> {
  const api = management(managementUrl, url);
  const [exchanges, queues, bindings] = await Promise.all([api.exchanges(), api.queues(), api.bindings()]);
  return { exchanges, queues, bindings };
}

/** Bindings last: both their ends must be there. What has drifted is there as well. */
async function declareAll(connection: ChannelModel, map: Topology): Promise<Drift[]> {
  const declarations = [
    ...map.exchanges.map((exchange) => ({ name: exchange.name, run: (channel: Channel) => declareExchange(channel, exchange) })),
    ...map.queues.map((queue) => ({ name: queue.name, run: (channel: Channel) => declareQueue(channel, queue) })),
  ];
  const bounded = new Map(map.queues.filter((queue) => queue.bounded).map((queue) => [queue.name, queue]));
  const drifts: Drift[] = [];
  const scratch = new ScratchChannel(connection);
  for (const { name, run } of declarations) {
    await scratch.run(run).catch(async (error: unknown) => {
      const drift = driftOf(name, error);
      const queue = bounded.get(name);
      if (!queue || !isClassic(queue, drift) || !(await scratch.run((channel) => replaced(channel, name, run)))) drifts.push(drift);
    });
  }
  for (const binding of map.bindings) await scratch.run((channel) => bind(channel, binding));
  await scratch.close();
  return drifts;
}

const declareExchange = (channel: Channel, { name, type, arguments: args }: Exchange): Promise<unknown> => channel.assertExchange(name, type, { durable: true, arguments: args });
const declareQueue = (channel: Channel, { name, arguments: args }: Queue): Promise<unknown> => channel.assertQueue(name, { durable: true, arguments: args });
const bind = (channel: Channel, { source, to, destination, key, arguments: args }: Binding): Promise<unknown> =>
  to === 'queue' ? channel.bindQueue(destination, source, key, args) : channel.bindExchange(destination, source, key, args);
const unbind = (channel: Channel, { source, to, destination, key, arguments: args }: Binding): Promise<unknown> =>
  to === 'queue' ? channel.unbindQueue(destination, source, key, args) : channel.unbindExchange(destination, source, key, args);

/** What is there: a quorum queue cannot be deleted on condition that it is empty, and must be so by hand. */
const isClassic = (wanted: Queue, { argument, found }: Drift): boolean => (argument === 'x-queue-type' ? found : wanted.arguments['x-queue-type']) === 'classic';

/** Its length is a setting that has changed. @returns false when it holds messages, and must not go */
async function replaced(channel: Channel, name: string, declare: (channel: Channel) => Promise<unknown>): Promise<boolean> {
  const { messageCount } = await channel.checkQueue(name);
  if (messageCount > 0) return false;
  await channel.deleteQueue(name, { ifEmpty: true });
  await declare(channel);
  return true;
}

/** A refused declaration closes its channel; the next one gets a new one. */
class ScratchChannel {
  #channel: Channel | undefined;

  constructor(private readonly connection: ChannelModel) {}

  async run<R>(declare: (channel: Channel) => Promise<R>): Promise<R> {
    if (!this.#channel) {
      this.#channel = await this.connection.createChannel();
      this.#channel.on('error', () => (this.#channel = undefined));
    }
    return declare(this.#channel);
  }

  async close(): Promise<void> {
    await this.#channel?.close();
  }
}

async function emptyOf(connection: ChannelModel, queues: readonly string[]): Promise<string[]> {
  const channel = await connection.createChannel();
  const depths = await Promise.all(queues.map((name) => channel.checkQueue(name)));
  await channel.close();
  return depths.filter(({ messageCount }) => messageCount === 0).map(({ queue }) => queue);
}

interface Pruned {
  removed: string[];
  kept: string[];
}

/** Bindings and empty queues go; an exchange goes when no queue had to be kept, which might still be fed by it. */
async function remove(connection: ChannelModel, stale: Difference['stale']): Promise<Pruned> {
  const channel = await connection.createChannel();
  for (const binding of stale.bindings) await unbind(channel, binding);
  const kept: string[] = [];
  for (const name of stale.queues) {
    const { messageCount, consumerCount } = await channel.checkQueue(name);
    if (messageCount + consumerCount === 0) await channel.deleteQueue(name);
    else kept.push(name);
  }
  const exchanges = kept.length > 0 ? [] : stale.exchanges;
  for (const name of exchanges) await channel.deleteExchange(name);
  await channel.close();
  const gone = { bindings: stale.bindings, queues: stale.queues.filter((name) => !kept.includes(name)), exchanges };
  return { removed: describeStale(gone), kept: describeStale({ bindings: [], queues: kept, exchanges: exchanges.length > 0 ? [] : stale.exchanges }) };
}

const describeQueue = (name: string): string => `queue ${name}`;

const describeStale = ({ exchanges, queues, bindings }: Difference['stale']): string[] => [
  ...bindings.map((binding) => `binding ${describeBinding(binding)}`),
  ...queues.map(describeQueue),
  ...exchanges.map((name) => `exchange ${name}`),
];
