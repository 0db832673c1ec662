// @ts-nocheck
import { randomUUID } from 'node:crypto';
import { catalogue, factsOf, sendersOf } from '@sluice/contracts';

/**
 * @typedef {{ map: import('@sluice/topology').Topology, services: Record<string, Record<string, readonly (object |
 * string)[]>>, tierMs: number, prefix: string, judge: import('./judge.js').Judge }} Context
 */
/** @typedef {import('./user.js').User} User */

const EXCHANGES = {
  event: 'shop.events',
  command: 'shop.commands',
  query: 'shop.commands',
  delivery: 'shop.deliveries',
};
/** No message comes home by these, and none is to be sent to them. */
const OTHERS = [
  'shop.home',
  'shop.homeless',
  'shop.operator',
  'shop.live',
  'shop.optional',
  'shop.unrouted',
  'amq.topic',
  'amq.fanout',
  'amq.direct',
  'amq.headers',
];

/** Every queue that takes messages of a type, with the queue beside it where that is bounded. */
function takersOf({ services, map }, { type }) {
  const takes = Object.entries(services).flatMap(([service, queues]) =>
    Object.entries(queues).map(([name, contracts]) => ({ queue: `${service}.${name}`, contracts })),
  );
  const direct = takes
    .filter(({ contracts }) => contracts.some((contract) => contract.type === type))
    .map(({ queue }) => queue);
  return [
    ...direct,
    ...direct.map((queue) => `${queue}-again`).filter((queue) => map.queues.some(({ name }) => name === queue)),
  ];
}

/**
 * As convincing as it can be made: the headers of a message that its owner sent, that failed, and was published
 * again.
 */
function forged({ prefix }, user, contract, more = {}) {
  const owner = [...sendersOf(contract.type)][0];
  const headers = {
    version: contract.version,
    time: new Date().toISOString(),
    'correlation-id': 'rights',
    'sent-by': `${prefix}${owner}`,
    ...(contract.kind === 'delivery' && { channel: contract.type.replace('delivery.', '') }),
    ...more.headers,
  };
  return {
    messageId: randomUUID(),
    type: contract.type,
    appId: owner,
    userId: `${prefix}${user.name}`,
    ...more,
    headers,
  };
}

/**
 * Publishes under a new id. What does not depend on the type of the message is tried once (`once`): a refusal holds
 * for all, and where there was none nobody waits for the next confirm.
 */
class Sender {
  /** What was refused, and what was not. @type {Map<string, string | undefined>} */
  #known = new Map();
  #unconfirmed = [];

  /** @param {User} user @param {Context} context */
  constructor(user, context) {
    this.user = user;
    this.context = context;
  }

  async send(contract, way, { exchange, key, more, once, must }) {
    const { judge } = this.context;
    const properties = forged(this.context, this.user, contract, more);
    judge.note(properties.messageId, { user: this.user.name, type: contract.type, way, must });
    if (once === undefined || !this.#known.has(once))
      this.#known.set(once, await this.user.publish(exchange, key, properties));
    else if (this.#known.get(once) === undefined)
      this.#unconfirmed.push(this.user.publishAllowed(exchange, key, properties));
    const refusal = this.#known.get(once);
    if (refusal !== undefined) judge.refused(properties.messageId, refusal);
  }

  async confirmed() {
    await Promise.all(this.#unconfirmed);
  }
}

/**
 * Every message of the catalogue, by every way.
 * @param {User} user @param {Context} context
 */
export async function messages(user, context) {
  const sender = new Sender(user, context);
  const timers = new Timers(user);
  for (const contract of catalogue.values()) {
    await byItsExchange(sender, contract);
    for (const exchange of OTHERS)
      await sender.send(contract, 'another exchange', { exchange, key: contract.type, once: exchange });
    for (const queue of takersOf(context, contract)) await intoAQueue(sender, contract, queue);
    await byATimer(sender, timers, contract);
  }
  await sender.confirmed();
}

async function byItsExchange(sender, contract) {
  const { user, context } = sender;
  const exchange = EXCHANGES[contract.kind];
  const key = contract.kind === 'delivery' ? '' : contract.type;
  const once = contract.kind === 'event' ? `${exchange} ${key}` : exchange;
  const isTaken = takersOf(context, contract).length > 0;
  const owner = `${context.prefix}${[...sendersOf(contract.type)].find((name) => name !== user.name) ?? 'nobody'}`;
  const own = factsOf(user.name)[0]?.type;
  await sender.send(contract, 'its exchange', {
    exchange,
    key,
    once,
    must: isTaken && contract.waitsIn === undefined && sendersOf(contract.type).has(user.name),
  });
  await sender.send(contract, 'its exchange, in the name of its sender', {
    exchange: own === undefined ? exchange : 'shop.events',
    key: own ?? key,
    more: { userId: owner },
    once: `${exchange} as ${owner}`,
  });
  await sender.send(contract, "its exchange, in nobody's name", { exchange, key, more: { userId: undefined }, once });
  if (own === undefined || sendersOf(contract.type).has(user.name)) return;
  await sender.send(contract, 'shop.events, under a key of its own', {
    exchange: 'shop.events',
    key: own,
    once: 'its own key',
  });
  await sender.send(contract, 'shop.events, with a second key (CC)', {
    exchange: 'shop.events',
    key: own,
    more: { headers: { CC: [contract.type] } },
  });
}

async function intoAQueue(sender, contract, queue) {
  if (queue.split('.', 1)[0] === sender.user.name && sendersOf(contract.type).has(sender.user.name)) return;
  const { tierMs } = sender.context;
  const [service] = queue.split('.', 1);
  await sender.send(contract, 'the default exchange', { exchange: '', key: queue, once: 'default' });
  await sender.send(contract, 'the default exchange, into a tier', {
    exchange: '',
    key: `${service}.retry.${tierMs}`,
    once: 'default',
  });
  await sender.send(contract, 'a retry tier', {
    exchange: `shop.retry-tier.${tierMs}`,
    key: queue,
    once: `tier of ${queue}`,
  });
  await sender.send(contract, 'shop.operator', { exchange: 'shop.operator', key: queue, once: 'shop.operator' });
  for (const by of ['by its service', 'by an administrator']) {
    const more = { headers: { reason: by } };
    await sender.send(contract, `a dead letter, redriven ${by}`, {
      exchange: 'shop.dead',
      key: queue,
      more,
      once: 'shop.dead',
    });
  }
  await sender.send(contract, 'the default exchange, among the dead letters', {
    exchange: '',
    key: `${queue}.dead`,
    more: { headers: { reason: 'by its service' } },
    once: 'default',
  });
}

/** A timer's queue gives its messages to any exchange that its maker may write to, under any key. */
async function byATimer(sender, timers, contract) {
  const { context } = sender;
  const { tierMs } = context;
  const ends = [EXCHANGES[contract.kind], ...OTHERS.slice(0, 4)].map((exchange) => ({
    exchange,
    key: contract.kind === 'delivery' ? '' : contract.type,
  }));
  const queues = takersOf(context, contract).flatMap((queue) =>
    ['', 'shop.dead', 'shop.home', 'shop.operator', `shop.retry-tier.${tierMs}`].map((exchange) => ({
      exchange,
      key: queue,
    })),
  );
  for (const { exchange, key } of [...ends, ...queues]) {
    const { queue, refusal } = await timers.to(exchange, key);
    const way = `a timer that ends in ${exchange || 'the default exchange'}`;
    if (refusal === undefined)
      await sender.send(contract, way, {
        exchange: '',
        key: queue,
        more: { headers: { reason: 'by its service' } },
        once: 'default',
      });
    else noteRefused(sender, contract, way, refusal);
  }
}

function noteRefused({ context: { judge }, user }, contract, way, refusal) {
  const id = randomUUID();
  judge.note(id, { user: user.name, type: contract.type, way });
  judge.refused(id, refusal);
}

/** The queues of timers that one user makes, each once. */
class Timers {
  #made = new Map();
  #none;

  /** @param {User} user */
  constructor(user) {
    this.user = user;
  }

  /** @returns {Promise<{ queue: string, refusal?: string }>} */
  async to(exchange, key) {
    const name = `${exchange} ${key}`;
    if (!this.#made.has(name)) this.#made.set(name, await this.#make(exchange, key));
    return this.#made.get(name);
  }

  /** Who may make none at all is refused for that reason every time. */
  async #make(exchange, key) {
    const queue = `orders.payment-window.${this.#made.size + 1}`;
    if (this.#none !== undefined) return { queue, refusal: this.#none };
    const args = { 'x-message-ttl': 1, 'x-dead-letter-exchange': exchange, 'x-dead-letter-routing-key': key };
    const refusal = await this.user.attempt((channel) =>
      channel.assertQueue(queue, { durable: true, arguments: args }),
    );
    if (refusal?.includes(`queue '${queue}'`)) this.#none = refusal;
    return { queue, ...(refusal !== undefined && { refusal }) };
  }
}

const isOwn = (user, queue) => queue.startsWith(`${user.name}.`);

/** @param {User} user @param {Context} context @returns {Promise<import('./broker.js').Tried[]>} */
export async function readings(user, { map }) {
  const tried = [];
  for (const { name } of map.queues.filter((queue) => !isOwn(user, queue.name))) {
    const refusal = await user.attempt((channel) => channel.get(name));
    tried.push({
      user: user.name,
      what: name,
      way: 'read',
      ...(refusal ? { outcome: 'refused', why: refusal } : { outcome: 'FORGED', why: 'it can be read' }),
    });
  }
  return tried;
}

/**
 * Every queue to what the user might read, and every exchange to every other. What can be bound stays bound while
 * messages are sent.
 * @param {User} user @param {Context} context @returns {Promise<import('./broker.js').Tried[]>}
 */
export async function bindings(user, { map }) {
  const tried = [];
  for (const { name } of map.queues) {
    // Who binds needs a right to the queue and one to the exchange: the gateway has the latter to shop.live alone,
    // and nobody to another.
    for (const source of isOwn(user, name) ? ['shop.events', 'shop.live'] : ['shop.live']) {
      const refusal = await user.attempt((channel) => channel.bindQueue(name, source, '#'));
      tried.push({
        user: user.name,
        what: name,
        way: `bound to ${source}`,
        ...(refusal ? { outcome: 'refused', why: refusal } : { outcome: 'FORGED', why: 'it can be bound' }),
      });
    }
  }
  for (const { name } of map.exchanges) {
    const refusal = await user.attempt((channel) => channel.bindExchange(name, 'shop.live', '#'));
    tried.push({
      user: user.name,
      what: name,
      way: 'exchange bound to shop.live',
      outcome: refusal ? 'refused' : 'nowhere',
      ...(refusal && { why: refusal }),
    });
  }
  return tried;
}
