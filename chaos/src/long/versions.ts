// @ts-nocheck
import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { brokerPasswords, brokerUrlOf } from '@sluice/stack/rabbitmq/users';
import { connectTo } from '@sluice/stack/rabbitmq/operator';
import { restart } from './clocks.js';

const NEXT = { NODE_OPTIONS: `--import=${new URL('../../dist/long/next-version.js', import.meta.url).href}` };
const SERVICE = 'notifications';
const QUEUE = 'notifications.events';
const EXCHANGE = 'shop.events';
/** Whose facts they are: they are published by its user. */
const OWNER = 'accounts';
/** Facts that only the next version knows (next-version.mjs): a new one, and another version of a known one. */
const FACTS = [
  { type: 'account.moved', version: 1 },
  { type: 'account.registered', version: 2 },
];
const PUBLISH_EVERY_MS = 500;
/** The longest tier, twice: the last tier that the versions share, and one more that met the old version at its end. */
const ALL_HANDLED_WITHIN_MS = 150_000;

/**
 * An upgrade in its middle: a replica that knows new facts beside one that does not, while somebody publishes them already. It
 * ends as it should: the other replica is upgraded too, all is handled, and only then both are taken back.
 * @param {import('../plan.js').Part} _ @param {import('../system.js').Victim} victim
 */
export async function versions(_, { supervisor, servers, providers, stateDirectory }) {
  const { broker } = await servers();
  const connection = await connectTo(broker, 'chaos');
  const accounts = await connectTo(
    { url: brokerUrlOf({ ...broker, passwords: brokerPasswords(stateDirectory, [OWNER]) }, OWNER) },
    'chaos',
  );
  const facts = new Facts(await connection.createConfirmChannel(), await accounts.createConfirmChannel(), providers);
  await facts.bind(); // consumers, bindings, producers: in this order
  const endReplica = await supervisor.another(SERVICE, NEXT);
  facts.start();
  return {
    seen: async () => facts.published.length > 1 && facts.handled > 0,
    lift: async () => {
      await facts.stop();
      await restart(supervisor, SERVICE, NEXT);
      const missing = await facts.allHandled();
      await endReplica();
      await restart(supervisor, SERVICE);
      await facts.unbind();
      await Promise.all([connection, accounts].map((one) => one.close()));
      if (missing > 0)
        throw new Error(`${missing} of ${facts.published.length} facts of the next version were not handled`);
    },
  };
}

class Facts {
  /** @type {string[]} a phone number for each */
  published = [];
  #stopped = false;

  constructor(channel, ownersChannel, providers) {
    this.channel = channel;
    this.ownersChannel = ownersChannel;
    this.providers = providers;
  }

  bind() {
    return this.channel.bindQueue(QUEUE, EXCHANGE, FACTS[0].type);
  }

  unbind() {
    return this.channel.unbindQueue(QUEUE, EXCHANGE, FACTS[0].type);
  }

  start() {
    this.running = this.#run();
  }

  async stop() {
    this.#stopped = true;
    await this.running;
  }

  /** How many of them the provider was given a text for. One too many is found by the judge: the same text under two keys. */
  get handled() {
    const told = new Set(this.providers.books.messages.map(({ body }) => JSON.parse(body).to));
    return this.published.filter((phone) => told.has(phone)).length;
  }

  /** @returns {Promise<number>} how many were not, in time */
  async allHandled() {
    for (const until = Date.now() + ALL_HANDLED_WITHIN_MS; this.handled < this.published.length && Date.now() < until;)
      await sleep(PUBLISH_EVERY_MS);
    return this.published.length - this.handled;
  }

  async #run() {
    for (let n = 0; !this.#stopped; n++) {
      await this.#publish(FACTS[n % FACTS.length]);
      await sleep(PUBLISH_EVERY_MS);
    }
  }

  async #publish({ type, version }) {
    const phone = `+1777${String(this.published.length).padStart(4, '0')}${randomInt(100, 1_000)}`;
    this.published.push(phone);
    const about = {
      messageId: randomUUID(),
      type,
      appId: 'chaos',
      userId: OWNER,
      contentType: 'application/json',
      persistent: true,
      timestamp: Math.floor(Date.now() / 1_000),
    };
    const headers = { version, time: new Date().toISOString(), 'correlation-id': randomUUID() };
    const data = {
      userId: randomUUID(),
      phone,
      name: 'Somebody new',
      code: String(randomInt(100_000, 1_000_000)),
      version: 1,
    };
    this.ownersChannel.publish(EXCHANGE, type, Buffer.from(JSON.stringify(data)), { ...about, headers });
    await this.ownersChannel.waitForConfirms();
  }
}
