import { EXCHANGES, type Binding, type Exchange, type Queue, type Topology } from '@sluice/contracts';
import { connect, type Channel, type ChannelModel } from 'amqplib';
import { difference, type Existing } from './difference.js';
import { driftOf, DriftError, type Drift } from './drift.js';
import { sendHome, type UndeliverableReport } from './undeliverable.js';
import { management, type Management } from './management.js';
import { describeQueue, describeStale, emptyOf, remove, STATISTICS_WITHIN_MS } from './prune.js';
import { trust } from './trust.js';

export interface ApplyOptions {
  /**
   * RabbitMQ's management API, with user and password. Without it existing objects cannot be listed, so the report is
   * empty.
   */
  managementUrl?: string;
  /** Delete objects that are not on the map. Queues that hold messages or have consumers stay. */
  prune?: boolean;
  /** Names of the timer queues that the present settings use; these are not reported as unused when empty. */
  timersInUse?: readonly string[];
  /** Wait until the broker's statistics include all earlier events, before a queue is pruned. Milliseconds. */
  statisticsWithinMs?: number;
}

export interface Report {
  /** Objects that did not exist before; undefined when they could not be listed. */
  created: string[] | undefined;
  /** Objects on the broker that are not on the map. */
  stale: string[];
  /** Empty timer queues of delays that are not in use. */
  dry: string[];
  pruned: string[];
  /** Reasons why objects that are not on the map were not pruned. */
  kept: Record<string, string>;
  /** Messages that left a retry tier when their queue did not exist. */
  undeliverable: UndeliverableReport;
}

/**
 * Declares the topology on the broker, and sends messages of `shop.homeless` back to queues that exist again.
 * Idempotent; deletes nothing without `prune`.
 * @throws DriftError when something exists with other arguments; everything else is still applied
 */
export async function applyTopology(url: string, map: Topology, options: ApplyOptions = {}): Promise<Report> {
  const { managementUrl, prune = false, timersInUse = [], statisticsWithinMs = STATISTICS_WITHIN_MS } = options;
  const api = managementUrl === undefined ? undefined : management(managementUrl, url);
  const existing = api && (await listed(api));
  const before = existing && difference(map, existing, timersInUse);
  const connection = await connect(url, trust());
  try {
    const drifts = await declareAll(connection, map);
    const undeliverable = await sendHome(connection, homesOf([...map.bindings, ...(existing?.bindings ?? [])]), url);
    if (drifts.length > 0) throw new DriftError(drifts);
    if (!api || !before) return { created: undefined, stale: [], dry: [], pruned: [], kept: {}, undeliverable };
    const dry = await emptyOf(connection, before.timers);
    const report = { created: before.missing, kept: {}, undeliverable };
    if (!prune) return { ...report, stale: describeStale(before.stale), dry: dry.map(describeQueue), pruned: [] };
    const { removed, kept } = await remove(
      connection,
      { ...before.stale, queues: [...before.stale.queues, ...dry] },
      { api, statisticsWithinMs },
    );
    return { ...report, stale: Object.keys(kept), dry: [], pruned: removed, kept };
  } finally {
    await connection.close();
  }
}

/** The queues to which messages return from a retry tier. */
const homesOf = (bindings: readonly Binding[]): Set<string> =>
  new Set(bindings.filter(({ source }) => source === EXCHANGES.home).map(({ destination }) => destination));

async function listed(api: Management): Promise<Existing> {
  const [exchanges, queues, bindings] = await Promise.all([api.exchanges(), api.queues(), api.bindings()]);
  return { exchanges, queues, bindings };
}

/** Declares bindings last, since both ends must exist. Objects with drift exist too. */
async function declareAll(connection: ChannelModel, map: Topology): Promise<Drift[]> {
  const declarations = [
    ...map.exchanges.map((exchange) => ({
      name: exchange.name,
      run: (channel: Channel) => declareExchange(channel, exchange),
    })),
    ...map.queues.map((queue) => ({ name: queue.name, run: (channel: Channel) => declareQueue(channel, queue) })),
  ];
  const bounded = new Map(map.queues.filter((queue) => queue.bounded).map((queue) => [queue.name, queue]));
  const drifts: Drift[] = [];
  const scratch = new ScratchChannel(connection);
  for (const { name, run } of declarations) {
    await scratch.run(run).catch(async (error: unknown) => {
      const drift = driftOf(name, error);
      const queue = bounded.get(name);
      if (!queue || !isClassic(queue, drift) || !(await scratch.run((channel) => replaced(channel, name, run))))
        drifts.push(drift);
    });
  }
  for (const binding of map.bindings) await scratch.run((channel) => bind(channel, binding));
  await scratch.close();
  return drifts;
}

const declareExchange = (channel: Channel, { name, type, arguments: args }: Exchange): Promise<unknown> =>
  channel.assertExchange(name, type, { durable: true, arguments: args });
const declareQueue = (channel: Channel, { name, arguments: args }: Queue): Promise<unknown> =>
  channel.assertQueue(name, { durable: true, arguments: args });
const bind = (channel: Channel, { source, to, destination, key, arguments: args }: Binding): Promise<unknown> =>
  to === 'queue'
    ? channel.bindQueue(destination, source, key, args)
    : channel.bindExchange(destination, source, key, args);

/**
 * Whether the existing queue is classic: a quorum queue cannot be deleted conditionally (if empty), so that is left
 * to the operator.
 */
const isClassic = (wanted: Queue, { argument, found }: Drift): boolean =>
  (argument === 'x-queue-type' ? found : wanted.arguments['x-queue-type']) === 'classic';

/**
 * Replaces an empty bounded queue whose length setting has changed.
 * @returns false when it holds messages and must stay
 */
async function replaced(
  channel: Channel,
  name: string,
  declare: (channel: Channel) => Promise<unknown>,
): Promise<boolean> {
  const { messageCount } = await channel.checkQueue(name);
  if (messageCount > 0) return false;
  await channel.deleteQueue(name, { ifEmpty: true });
  await declare(channel);
  return true;
}

/** Channel for declarations. A refused declaration closes it; the next one opens a new channel. */
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
