import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel, ChannelModel } from 'amqplib';
import { EXCHANGES, ExpirePayment, isTierQueue } from '@sluice/contracts';
import { connectToBroker } from '@sluice/stack/rabbitmq/administration';
import type { Broker } from '@sluice/stack/rabbitmq/users';
import { queuesWaitedFor, management, settingsOf, topology } from '@sluice/topology';

const UNROUTED = EXCHANGES.unrouted;
const UNDELIVERABLE = EXCHANGES.homeless;

type Counts = Record<string, number>;

/** How many messages wait, by queue; empty queues are absent. */
export interface Depths {
  /** How many queues there are. */
  looked: number;
  /** In transit, retries too. */
  working: Counts;
  dead: Counts;
  /** Facts that no queue is bound to. */
  unrouted: number;
  /** Queues of the map that the broker does not have. */
  missing: string[];
}

/** Messages in the queue `homeless` for one queue. */
export interface Undeliverable {
  queue: string;
  count: number;
  /** Whether the queue exists now. */
  exists: boolean;
}

/** Counts by AMQP where possible: the figures of the management API are seconds old. */
export class Queues {
  #known?: Promise<{ all: string[]; lasting: string[] }>;

  private constructor(
    private readonly broker: Broker,
    private readonly connection: ChannelModel,
  ) {}

  /** @throws Failure when it cannot be reached */
  static async open(broker: Broker): Promise<Queues> {
    return new Queues(broker, await connectToBroker(broker, 'audit'));
  }

  close(): Promise<void> {
    return this.connection.close().catch(() => {}); // already closed
  }

  async depths(): Promise<Depths> {
    const { all, lasting } = await (this.#known ??= this.#names());
    const counts = await this.#count(lasting);
    const isDead = (name: string): boolean => name.endsWith('.dead');
    const nonEmpty = (matches: (name: string) => boolean): Counts =>
      where(counts, (count, name) => count > 0 && matches(name));
    return {
      looked: all.length,
      working: nonEmpty((name) => !isDead(name) && name !== UNROUTED && name !== UNDELIVERABLE),
      dead: nonEmpty(isDead),
      unrouted: counts[UNROUTED] ?? 0,
      missing: lasting.filter((name) => counts[name] === undefined),
    };
  }

  /** For which queues messages wait that came out of a retry tier and did not find them. */
  async undeliverable(): Promise<Undeliverable[]> {
    const waiting = await queuesWaitedFor(this.connection);
    const depths = await this.#count(Object.keys(waiting));
    return Object.entries(waiting).map(([queue, count]) => ({ queue, count, exists: depths[queue] !== undefined }));
  }

  /**
   * By tier: messages whose time is up and that their queue does not take, in transit in two samples this far apart.
   * Only the management API shows them, some seconds late; without it there are none.
   */
  async expired(statisticsWithinMs: number): Promise<Counts> {
    const first = await this.#expiredNow();
    if (Object.keys(first).length === 0) return {};
    await sleep(statisticsWithinMs);
    return where(await this.#expiredNow(), (_, name) => (first[name] ?? 0) > 0);
  }

  async #expiredNow(): Promise<Counts> {
    const tiers = (await this.#listed('name,messages,messages_ready,messages_unacknowledged')).filter(({ name }) =>
      isTierQueue(name),
    );
    const inTransit = tiers.map(
      ({ name, messages = 0, messages_ready: ready = 0, messages_unacknowledged: taken = 0 }) =>
        [name, messages - ready - taken] as const,
    );
    return where(Object.fromEntries(inTransit), (count) => count > 0);
  }

  /** Messages that consumers hold, as the management API counted a few seconds ago; 0 without it. */
  async held(): Promise<number> {
    const queues = await this.#listed('name,messages_unacknowledged');
    return queues.reduce((sum, { messages_unacknowledged: held = 0 }) => sum + held, 0);
  }

  /** Those of the map, and with the management API whatever else is not exclusive. `lasting`: without timers. */
  async #names(): Promise<{ all: string[]; lasting: string[] }> {
    const listed = (await this.#listed('name,exclusive'))
      .filter(({ name, exclusive }) => !exclusive && !name.startsWith('amq.'))
      .map(({ name }) => name);
    const mapped = topology(settingsOf(process.env)).queues.map(({ name }) => name);
    // A broker that lists its queues has those tiers and listeners that its services need.
    const needed = listed.length > 0 ? mapped.filter((name) => !isTierQueue(name)) : mapped;
    const all = [...new Set([...needed, ...listed])].sort();
    return { all, lasting: all.filter((name) => !name.startsWith(`${ExpirePayment.waitsIn}.`)) };
  }

  async #listed(columns: string): Promise<ListedQueue[]> {
    const { url, managementUrl } = this.broker;
    if (!managementUrl) return [];
    const api = management(managementUrl, url);
    return (await api.get<ListedQueue[]>(`queues/${api.vhost}?columns=${columns}`)) ?? [];
  }

  /** A missing queue is absent; it closes the channel that looks at it. */
  async #count(names: readonly string[]): Promise<Counts> {
    const counts: Counts = {};
    let channel: Channel | undefined;
    for (const name of names) {
      try {
        channel ??= (await this.connection.createChannel()).on('error', () => {});
        counts[name] = (await channel.checkQueue(name)).messageCount;
      } catch (error) {
        if ((error as { code?: number }).code !== 404) throw error;
        channel = undefined;
      }
    }
    await channel?.close();
    return counts;
  }
}

interface ListedQueue {
  name: string;
  exclusive?: boolean;
  messages?: number;
  messages_ready?: number;
  messages_unacknowledged?: number;
}

const where = (counts: Counts, matches: (count: number, name: string) => boolean): Counts =>
  Object.fromEntries(Object.entries(counts).filter(([name, count]) => matches(count, name)));
