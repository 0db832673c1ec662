import { EXCHANGES } from '@sluice/contracts';
import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChannelModel } from 'amqplib';
import { AccountRegistered, event } from '@sluice/contracts';
import { encode, Publisher } from '@sluice/messaging';
import { connectToBroker } from '@sluice/stack/rabbitmq/administration';
import { brokerPasswords, brokerUrlOf } from '@sluice/stack/rabbitmq/users';
import { until } from '@sluice/stack/until';
import { required, type Begin } from '../active-fault.js';
import { restart } from './clocks.js';
import type { Providers } from './providers.js';

/** Compiled beside this file. */
const NEXT_VERSION = { NODE_OPTIONS: `--import=${new URL('./next-version.js', import.meta.url).href}` };
const SERVICE = 'notifications';
const QUEUE = 'notifications.events';
const EXCHANGE = EXCHANGES.events;
/** The facts are published by its user. */
const OWNER = 'accounts';
/** Facts that only the next version handles (next-version.ts): a new one, and another version of an old one. */
const NEW_FACT = event('account.moved', AccountRegistered.schema);
const NEW_VERSION = event(AccountRegistered.type, AccountRegistered.schema, { version: 2 });
const PUBLISH_EVERY_MS = 500;
/** The longest tier, twice: the last tier that the versions share, and one more that met the old version at its end. */
const ALL_HANDLED_WITHIN_MS = 150_000;

/**
 * An upgrade in its middle: a replica that handles new facts beside one that does not, while they are published already.
 * It ends as it should: the other replica is upgraded too, all is handled, and only then both are taken back.
 */
export const versions: Begin<'versions'> = async (_, { supervisor, servers, stateDirectory, ...system }) => {
  const { broker } = await servers();
  const passwords = brokerPasswords(stateDirectory, [OWNER]);
  const administrator: ChannelModel = await connectToBroker(broker, 'chaos');
  const publisher = new Publisher({ url: brokerUrlOf({ ...broker, passwords }, OWNER), name: 'chaos', user: OWNER });
  const channel = await administrator.createChannel();
  const facts = new Facts(publisher, required(system.providers, 'providers'));
  await channel.bindQueue(QUEUE, EXCHANGE, NEW_FACT.type); // consumers, bindings, producers: in this order
  const endReplica = await supervisor.another(SERVICE, NEXT_VERSION);
  facts.start();
  return {
    observe: () => facts.published > 1 && facts.handled > 0,
    end: async () => {
      await facts.stop();
      await restart(supervisor, SERVICE, NEXT_VERSION);
      await until(() => facts.missing === 0, { withinMs: ALL_HANDLED_WITHIN_MS, everyMs: PUBLISH_EVERY_MS });
      const { missing, published } = facts;
      await endReplica();
      await restart(supervisor, SERVICE);
      await channel.unbindQueue(QUEUE, EXCHANGE, NEW_FACT.type);
      await Promise.all([administrator.close(), publisher.close()]);
      if (missing > 0) throw new Error(`${missing} of ${published} facts of the next version were not handled`);
    },
  };
};

/** Publishes facts of the next version; each has a phone number of its own, to which one text is sent. */
class Facts {
  readonly #phones: string[] = [];
  #stopped = false;
  #running?: Promise<void>;

  constructor(
    private readonly publisher: Publisher,
    private readonly providers: Providers,
  ) {}

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  get published(): number {
    return this.#phones.length;
  }

  /** How many of them were texted. A second text is found by the judge: the same body under two keys. */
  get handled(): number {
    const texted = new Set(this.providers.texts.map(({ to }) => to));
    return this.#phones.filter((phone) => texted.has(phone)).length;
  }

  get missing(): number {
    return this.published - this.handled;
  }

  async #run(): Promise<void> {
    for (let n = 0; !this.#stopped; n++) {
      await this.#publish(n % 2 === 0 ? NEW_FACT : NEW_VERSION);
      await sleep(PUBLISH_EVERY_MS);
    }
  }

  async #publish(fact: typeof NEW_FACT): Promise<void> {
    const phone = `+1777${String(this.published).padStart(4, '0')}${randomInt(100, 1_000)}`;
    this.#phones.push(phone);
    const code = String(randomInt(100_000, 1_000_000));
    const message = fact({ userId: randomUUID(), phone, name: 'Somebody new', code, version: 1 });
    const about = { id: randomUUID(), source: 'chaos', time: new Date().toISOString(), correlationId: randomUUID() };
    await this.publisher.publish(encode(message, about));
  }
}
