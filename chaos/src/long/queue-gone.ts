import { EXCHANGES, isTierExchange, type Binding } from '@sluice/contracts';
import type { ChannelModel, ConfirmChannel, GetMessage } from 'amqplib';
import { connectToBroker } from '@sluice/stack/rabbitmq/administration';
import { applyMap } from '@sluice/stack/rabbitmq/topology';
import { brokerPasswords, brokerUrlOf, type Broker } from '@sluice/stack/rabbitmq/users';
import { until } from '@sluice/stack/until';
import { management, republish, settingsOf, topology } from '@sluice/topology';
import { required, type Begin } from '../active-fault.js';

/** As many as waited in a tier when a pruned queue was seen to stop the tiers of all services. */
const LETTERS = 32;
const POLL_MS = 200;
/** The facts of that many letters come in a few seconds. */
const LETTERS_WITHIN_MS = 60_000;
/** From the first letter's way into the tier to the end of the queue: a second or so. */
const DELETED_WITHIN_MS = 5_000;
/** Messages for one confirm. */
const BATCH = 100;
/** Every queue has bindings of its own to these, made by the map. */
const SOURCES_OF_EVERY_QUEUE = ['', EXCHANGES.home, EXCHANGES.operator];

/**
 * Deletes a queue while its messages wait in a retry tier, as an upgrade that prunes too early would. What is IN a
 * deleted queue is lost by definition, so it is empty and its service does not run; what is published meanwhile is
 * caught by a stand-in queue. The cure is an operator's: the map is applied again.
 */
export const queueGone: Begin<'queue-gone'> = async (
  { service, queue: name },
  { servers, supervisor, stateDirectory },
) => {
  const { broker } = await servers();
  const queue = await AdministeredQueue.open(
    { ...broker, passwords: brokerPasswords(stateDirectory, [service]) },
    name,
    service,
  );
  await supervisor.halt(service);
  await queue.untilHolds(LETTERS);
  await queue.bind(queue.standIn);
  await queue.unbind(name); // messages that came to both have the same id
  const waiting = await queue.failAll(tierExchange());
  await queue.remove();
  return {
    end: async () => {
      await applyMap(broker);
      await queue.returnMessages();
      await supervisor.startAgain(service);
      await queue.close();
    },
    observe: async () => waiting >= LETTERS && !(await queue.exists()),
  };
};

/** The shortest tier that releases nothing before the queue is gone. The routing key there is the queue's name. */
function tierExchange(): string {
  const tiers = topology(settingsOf(process.env))
    .exchanges.filter(({ name }) => isTierExchange(name))
    .map(({ name }) => ({ name, waitMs: Number(name.split('.').at(-1)) }))
    .filter(({ waitMs }) => waitMs >= DELETED_WITHIN_MS)
    .sort((one, other) => one.waitMs - other.waitMs);
  return required(tiers[0], 'retry tier').name;
}

/** Moves every message of a queue: each is first confirmed where it goes, then acknowledged here. @returns how many */
async function drain(channel: ConfirmChannel, from: string, publish: (message: GetMessage) => void): Promise<number> {
  for (let moved = 0; ;) {
    const batch = await Promise.all(Array.from({ length: BATCH }, () => channel.get(from, { noAck: false })));
    const messages = batch.filter((message) => message !== false);
    if (messages.length === 0) return moved;
    messages.forEach(publish);
    await channel.waitForConfirms();
    messages.forEach((message) => channel.ack(message));
    moved += messages.length;
  }
}

/** A service's queue as an administrator handles it. */
class AdministeredQueue {
  readonly standIn: string;

  private constructor(
    private readonly name: string,
    private readonly service: string,
    private readonly url: string,
    private readonly bindings: readonly Binding[],
    private readonly connections: readonly ChannelModel[],
    private readonly channel: ConfirmChannel,
    /** As the service: the broker verifies who publishes. */
    private readonly serviceChannel: ConfirmChannel,
  ) {
    this.standIn = `${name}.chaos`;
    channel.on('error', () => {});
  }

  static async open(broker: Broker, name: string, service: string): Promise<AdministeredQueue> {
    const api = management(required(broker.managementUrl, 'management API'), broker.url);
    const bindings = (await api.bindings()).filter(
      ({ to, destination, source }) =>
        to === 'queue' && destination === name && !SOURCES_OF_EVERY_QUEUE.includes(source),
    );
    const administrator: ChannelModel = await connectToBroker(broker, 'chaos');
    const asService: ChannelModel = await connectToBroker({ url: brokerUrlOf(broker, service) }, 'chaos');
    return new AdministeredQueue(
      name,
      service,
      broker.url,
      bindings,
      [administrator, asService],
      await administrator.createConfirmChannel(),
      await asService.createConfirmChannel(),
    );
  }

  /** Made when it is not there. Bound to what the queue was bound to. */
  async bind(name: string): Promise<void> {
    await this.channel.assertQueue(name, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    for (const { source, key, arguments: args } of this.bindings) await this.channel.bindQueue(name, source, key, args);
  }

  async unbind(name: string): Promise<void> {
    for (const { source, key, arguments: args } of this.bindings)
      await this.channel.unbindQueue(name, source, key, args);
  }

  async untilHolds(count: number): Promise<void> {
    const isThere = async (): Promise<boolean> => (await this.#depth()) >= count;
    if (!(await until(isThere, { withinMs: LETTERS_WITHIN_MS, everyMs: POLL_MS })))
      throw new Error(`${this.name} did not get ${count} messages in time`);
  }

  /** As the service does it with each message that fails. @returns how many */
  failAll(exchange: string): Promise<number> {
    return drain(this.serviceChannel, this.name, ({ content, properties }) => {
      const headers = { ...properties.headers, 'sent-by': this.#firstSender(properties) };
      const options = { ...properties, headers, userId: this.service, mandatory: true };
      this.serviceChannel.publish(exchange, this.name, content, options);
    });
  }

  /** A message that this service has published again names its first sender in a header. */
  #firstSender({ userId, headers }: GetMessage['properties']): unknown {
    return (userId === this.service ? (headers?.['sent-by'] ?? userId) : userId) ?? '';
  }

  /** Its last acks may be on their way. */
  async remove(): Promise<void> {
    await until(async () => (await this.#depth()) === 0, { withinMs: Infinity, everyMs: POLL_MS });
    await this.channel.deleteQueue(this.name);
  }

  /** What the stand-in has caught goes to the queue; twice has the effect of once. */
  async returnMessages(): Promise<void> {
    await this.unbind(this.standIn);
    const destination = { queue: this.name, url: this.url };
    await drain(this.channel, this.standIn, (message) => republish(this.channel, message, destination, () => {}));
    await this.channel.deleteQueue(this.standIn);
  }

  async exists(): Promise<boolean> {
    const channel = (await required(this.connections[0], 'connection').createChannel()).on('error', () => {});
    try {
      await channel.checkQueue(this.name); // closes the channel when there is none
      await channel.close();
      return true;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.connections.map((connection) => connection.close()));
  }

  async #depth(): Promise<number> {
    return (await this.channel.checkQueue(this.name)).messageCount;
  }
}
