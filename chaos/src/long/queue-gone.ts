// @ts-nocheck
import { setTimeout as sleep } from 'node:timers/promises';
import { brokerPasswords, brokerUrlOf, loadTopology } from '@sluice/stack/rabbitmq/users';
import { connectTo, managementOf } from '@sluice/stack/rabbitmq/operator';
import { applyMap } from '@sluice/stack/rabbitmq/topology';

/** As many as waited in a tier when a pruned home was seen to stop the tiers of all services. */
const LETTERS = 32;
const LOOK_AGAIN_MS = 200;
/** The facts of that many letters come in a few seconds. */
const LETTERS_WITHIN_MS = 60_000;
/** From the first letter's way into the tier to the end of the queue: a second or so. */
const DELETED_WITHIN_MS = 5_000;
/** One confirm for so many. */
const BATCH = 100;

/**
 * Deletes a queue while its messages wait in a retry tier, as an upgrade that prunes too early would. What is IN a deleted queue is
 * gone by definition, so it is empty and its service does not run; what is published meanwhile is caught by a queue in its place.
 * The cure is an operator's: the map is applied again.
 * @param {import('../plan.js').Part} part @param {import('../system.js').Victim} victim
 */
export async function queueGone({ service, queue: stateDirectory }, { servers, supervisor, stateDirectory: own }) {
  const { broker } = await servers();
  const queue = await Queue.open({ ...broker, passwords: brokerPasswords(own, [service]) }, stateDirectory, service);
  await supervisor.halt(service);
  await queue.holds(LETTERS);
  await queue.bind(queue.standIn);
  await queue.unbind(stateDirectory); // whatever came to both is known by its id
  const waiting = await queue.failAll(await tierExchange());
  await queue.remove();
  return {
    lift: async () => {
      await applyMap(broker);
      await queue.comeBack();
      await supervisor.startAgain(service);
      await queue.close();
    },
    seen: async () => waiting >= LETTERS && !(await queue.exists()),
  };
}

/** @returns {Promise<string>} the exchange of the shortest tier that lets go of nothing before its home is gone; the routing key there is the home's name */
async function tierExchange() {
  const { topology, settingsOf } = await loadTopology();
  const tiers = topology(settingsOf(process.env))
    .exchanges.map(({ name }) => name)
    .filter((name) => /^shop\.retry(-tier)?\.\d+$/.test(name));
  return tiers
    .filter((name) => waitOf(name) >= DELETED_WITHIN_MS)
    .reduce((short, name) => (waitOf(name) < waitOf(short) ? name : short));
}

const waitOf = (name) => Number(name.split('.').at(-1));

/** Each message is first confirmed where it goes, then taken from here. @returns {Promise<number>} how many */
async function drain(channel, from, publish) {
  for (let moved = 0; ;) {
    const taken = (await Promise.all(Array.from({ length: BATCH }, () => channel.get(from, { noAck: false })))).filter(
      Boolean,
    );
    if (taken.length === 0) return moved;
    for (const message of taken) publish(message);
    await channel.waitForConfirms();
    for (const message of taken) channel.ack(message);
    moved += taken.length;
  }
}

/** A home queue as an administrator handles it. */
class Queue {
  static async open(broker, stateDirectory, service) {
    const api = await managementOf(broker);
    const bindings = (await api('GET', `queues/:vhost/${encodeURIComponent(stateDirectory)}/bindings`)).filter(
      ({ source }) => !['', 'shop.home', 'shop.operator'].includes(source),
    );
    const connection = await connectTo(broker, 'chaos');
    const ofService = await connectTo({ url: brokerUrlOf(broker, service) }, 'chaos');
    const channels = {
      channel: await connection.createConfirmChannel(),
      tierChannel: await ofService.createConfirmChannel(),
    };
    return new Queue({
      stateDirectory,
      standIn: `${stateDirectory}.chaos`,
      service,
      url: broker.url,
      bindings,
      connection,
      ofService,
      ...channels,
    });
  }

  constructor(parts) {
    Object.assign(this, parts);
    this.channel.on('error', () => {});
  }

  /** Made when it is not there. Bound to what the home was bound to. */
  async bind(name) {
    await this.channel.assertQueue(name, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    for (const { source, routing_key: key, arguments: args } of this.bindings)
      await this.channel.bindQueue(name, source, key, args);
  }

  async unbind(name) {
    for (const { source, routing_key: key, arguments: args } of this.bindings)
      await this.channel.unbindQueue(name, source, key, args);
  }

  /** Waits until so many messages are there. */
  async holds(count) {
    for (const until = Date.now() + LETTERS_WITHIN_MS; Date.now() < until; await sleep(LOOK_AGAIN_MS))
      if ((await this.channel.checkQueue(this.stateDirectory)).messageCount >= count) return;
    throw new Error(`${this.stateDirectory} did not get ${count} messages in time`);
  }

  /** As the service does it with each message that fails. @returns {Promise<number>} how many */
  failAll(exchange) {
    const first = ({ userId, headers }) => (userId === this.service ? (headers['sent-by'] ?? userId) : userId) ?? '';
    return drain(this.tierChannel, this.stateDirectory, ({ content, properties }) => {
      const headers = { ...properties.headers, 'sent-by': first(properties) };
      this.tierChannel.publish(exchange, this.stateDirectory, content, {
        ...properties,
        headers,
        userId: this.service,
        mandatory: true,
      });
    });
  }

  /** Its last acks may be on their way. */
  async remove() {
    while ((await this.channel.checkQueue(this.stateDirectory)).messageCount > 0) await sleep(LOOK_AGAIN_MS);
    await this.channel.deleteQueue(this.stateDirectory);
  }

  /** What was caught in its place goes home; twice is once. */
  async comeBack() {
    await this.unbind(this.standIn);
    const { republish } = await loadTopology();
    await drain(this.channel, this.standIn, (message) =>
      republish(this.channel, message, { queue: this.stateDirectory, url: this.url }, () => {}),
    );
    await this.channel.deleteQueue(this.standIn);
  }

  async exists() {
    const channel = (await this.connection.createChannel()).on('error', () => {}); // a failed look closes its channel
    return channel.checkQueue(this.stateDirectory).then(
      () => channel.close().then(() => true),
      () => false,
    );
  }

  async close() {
    await Promise.all([this.connection, this.ofService].map((one) => one.close()));
  }
}
