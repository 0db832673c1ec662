// @ts-nocheck
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { connect } from 'amqplib';
import { loadTopology } from '@sluice/stack/rabbitmq/users';
import { Failure } from '@sluice/stack/failure';
import { inRoot } from '@sluice/stack/workspace';

/**
 * @typedef {object} Depths how many messages wait, by queue; queues without any are left out
 * @property {number} looked how many queues there are
 * @property {Record<string, number>} working on their way, retries too
 * @property {Record<string, number>} dead
 * @property {number} unrouted facts that nobody heard
 * @property {string[]} missing queues of the map that the broker has not got
 */

/** Asks the queues themselves: what the management API counts is seconds old. */
export class Queues {
  #connection;
  #known;

  constructor(broker, connection) {
    this.broker = broker;
    this.#connection = connection;
  }

  /** @param {{ url: string, managementUrl?: string }} broker @throws {Failure} when it cannot be reached */
  static async open(broker) {
    const { trust } = await loadTopology();
    const connection = await connect(broker.url, { ...trust(), clientProperties: { connection_name: 'audit' } }).catch(
      (error) => {
        throw new Failure(`the broker does not let us in: ${error.message || error.code}`, 'Check AMQP_URL.');
      },
    );
    return new Queues(
      broker,
      connection.on('error', () => {}),
    );
  }

  close() {
    return this.#connection.close().catch(() => {}); // already closed
  }

  /** @returns {Promise<Depths>} */
  async depths() {
    const { waitsIn, names } = await (this.#known ??= this.#names());
    const lasting = names.filter((name) => !name.startsWith(`${waitsIn}.`)); // timers wait on purpose
    const counts = await this.#count(lasting);
    const some = (pick) =>
      Object.fromEntries(lasting.filter((name) => counts[name] > 0 && pick(name)).map((name) => [name, counts[name]]));
    const dead = (name) => name.endsWith('.dead');
    return {
      looked: names.length,
      working: some((name) => !dead(name) && name !== UNROUTED && name !== HOMELESS),
      dead: some(dead),
      unrouted: counts[UNROUTED] ?? 0,
      missing: lasting.filter((name) => counts[name] === undefined),
    };
  }

  /** @returns {Promise<{ home: string, count: number, exists: boolean }[]>} whose messages are homeless, and whether that queue is there now */
  async homeless() {
    const { queuesWaitedFor } = await loadTopology();
    const waiting = await queuesWaitedFor(this.#connection);
    const depths = await this.#count(Object.keys(waiting));
    return Object.entries(waiting).map(([stateDirectory, count]) => ({
      stateDirectory,
      count,
      exists: depths[stateDirectory] !== undefined,
    }));
  }

  /**
   * Messages that have waited their time in a tier and do not come home: what is still on its way after two looks. Only the
   * management API knows, some seconds late; without it there are none.
   * @param {number} statisticsWithinMs @returns {Promise<Record<string, number>>} by tier
   */
  async expired(statisticsWithinMs) {
    const first = await this.#expiredNow();
    if (Object.keys(first).length === 0) return {};
    await sleep(statisticsWithinMs);
    return Object.fromEntries(Object.entries(await this.#expiredNow()).filter(([name]) => first[name] > 0));
  }

  async #expiredNow() {
    const { isTierQueue } = await loadTopology();
    const tiers = (await this.#listed('name,messages,messages_ready,messages_unacknowledged')).filter(({ name }) =>
      isTierQueue(name),
    );
    return Object.fromEntries(
      tiers
        .map(({ name, messages, messages_ready: ready, messages_unacknowledged: taken }) => [
          name,
          messages - ready - taken,
        ])
        .filter(([, count]) => count > 0),
    );
  }

  /** @returns {Promise<number>} messages that consumers hold, as the management API knew a few seconds ago; 0 without it */
  async held() {
    const queues = await this.#listed('name,messages_unacknowledged');
    return queues.reduce((sum, { messages_unacknowledged: held = 0 }) => sum + held, 0);
  }

  /** Those of the map, and with the management API whatever else outlives its connection. */
  async #names() {
    const { isTierQueue, topology, settingsOf } = await loadTopology();
    const { ExpirePayment } = await import(pathToFileURL(inRoot('libs/contracts/dist/index.js')).href);
    const listed = (await this.#listed('name,exclusive'))
      .filter(({ name, exclusive }) => !exclusive && !name.startsWith('amq.'))
      .map(({ name }) => name);
    const mapped = topology(settingsOf(process.env)).queues.map(({ name }) => name);
    // A broker that lists its queues has those tiers and listeners that its services need.
    const needed = listed.length > 0 ? mapped.filter((name) => !isTierQueue(name)) : mapped;
    return { waitsIn: ExpirePayment.waitsIn, names: [...new Set([...needed, ...listed])].sort() };
  }

  async #listed(columns) {
    const { url, managementUrl } = this.broker;
    if (!managementUrl) return [];
    const { management } = await loadTopology();
    const api = management(managementUrl, url);
    return (await api.get(`queues/${api.vhost}?columns=${columns}`)) ?? [];
  }

  /** A queue that is not there closes the channel that asks for it. */
  async #count(names) {
    const counts = {};
    let channel;
    for (const name of names) {
      try {
        channel ??= (await this.#connection.createChannel()).on('error', () => {});
        counts[name] = (await channel.checkQueue(name)).messageCount;
      } catch (error) {
        if (error.code !== 404) throw error;
        channel = undefined;
      }
    }
    await channel?.close();
    return counts;
  }
}

const UNROUTED = 'shop.unrouted';
const HOMELESS = 'shop.homeless';
