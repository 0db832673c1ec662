import { connect, type Channel, type ChannelModel } from 'amqplib';
import { difference, type Existing } from './difference.js';
import { driftOf, DriftError, type Drift } from './drift.js';
import { sendHome, type UndeliverableReport } from './undeliverable.js';
import type { Binding, Exchange, Queue, Topology } from './layout.js';
import { management, type Management } from './management.js';
import { describeQueue, describeStale, emptyOf, remove, STATISTICS_WITHIN_MS } from './prune.js';
import { trust } from './trust.js';

export interface ApplyOptions {
  /** RabbitMQ's management API, with its user and password. Without it nothing can be listed, so the report is empty. */
  managementUrl?: string;
  /** Remove what the map does not know any more. Queues that hold messages or have consumers stay. */
  prune?: boolean;
  /** The names of the queues in which timers wait by the present settings: empty, they are only quiet. */
  timersInUse?: readonly string[];
  /** After so long the statistics of the broker know what happened before. Prune waits for them before it removes a queue. */
  statisticsWithinMs?: number;
}

export interface Report {
  /** What was not there before; undefined when it could not be listed. */
  created: string[] | undefined;
  /** What the broker has beyond the map and still has. */
  stale: string[];
  /** Queues of timers whose length is not in use any more, and in which none waits. */
  dry: string[];
  pruned: string[];
  /** Why prune has kept what the map does not know. */
  kept: Record<string, string>;
  /** Messages out of retry tiers whose queue did not exist. */
  undeliverable: UndeliverableReport;
}

/**
 * Makes the broker hold what the map says, and sends homeless messages home whose queue exists again. Idempotent; deletes
 * nothing unless told to prune.
 * @throws DriftError when something exists with other arguments; everything else is applied all the same.
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

/** The queues that messages come home to out of a retry tier. */
const homesOf = (bindings: readonly Binding[]): Set<string> =>
  new Set(bindings.filter(({ source }) => source === 'shop.home').map(({ destination }) => destination));

async function listed(api: Management): Promise<Existing> {
  const [exchanges, queues, bindings] = await Promise.all([api.exchanges(), api.queues(), api.bindings()]);
  return { exchanges, queues, bindings };
}

/** Bindings last: both their ends must be there. What has drifted is there as well. */
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

/** What is there: a quorum queue cannot be deleted on condition that it is empty, and must be so by hand. */
const isClassic = (wanted: Queue, { argument, found }: Drift): boolean =>
  (argument === 'x-queue-type' ? found : wanted.arguments['x-queue-type']) === 'classic';

/** Its length is a setting that has changed. @returns false when it holds messages, and must not go */
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
