// @ts-nocheck
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadTopology } from '@sluice/stack/rabbitmq/users';
import { connectTo, managementOf } from '@sluice/stack/rabbitmq/operator';
import { Judge } from './judge.js';
import { Mailbox } from './mailbox.js';
import { User } from './user.js';
import { bindings, messages, readings } from './ways.js';

/**
 * @typedef {object} Tried one cell of the matrix
 * @property {string} user
 * @property {string} what a type of message, or a queue
 * @property {string} way
 * @property {'refused' | 'not believed' | 'nowhere' | 'allowed' | 'to itself' | 'FORGED' | 'BROKEN'} outcome
 * - `refused`: by the broker; `not believed`: by the consumer; `nowhere`: no consumer got it; `to itself`: only its
 * sender's own service takes it; `FORGED`: it was taken and must not be; `BROKEN`: it was not taken and must be
 * @property {string} [why]
 */

/** Long enough to be one, and short enough to wait for. Milliseconds. */
const TIER_MS = 100;
const EMPTY_WITHIN_MS = 30_000;
const LOOK_AGAIN_MS = 50;

/**
 * Every user of the map tries to send every message, to everybody who takes it, by every way that there is; to read
 * every queue; and to bind every queue and exchange. On a vhost of its own, with the real map, users and rights, and
 * the check that every consumer makes.
 * @param {{ url: string, managementUrl: string }} broker of an administrator
 * @returns {Promise<Tried[]>}
 */
export async function brokerRights({ url, managementUrl }) {
  const vhost = `rights-${randomBytes(6).toString('hex')}`;
  const own = { url: Object.assign(new URL(url), { pathname: vhost }).href, managementUrl };
  const topology = await loadTopology();
  const users = topology.usersOf(topology.WORK).map((user) => ({ ...user, name: `${vhost}.${user.name}` }));
  await topology.ensureVhost(managementUrl, own.url);
  try {
    return await tried({ topology, users, vhost, own });
  } finally {
    await removeAll(own, vhost, users);
  }
}

async function tried({ topology, users, vhost, own }) {
  const passwords = Object.fromEntries(users.map(({ name }) => [name, randomBytes(12).toString('hex')]));
  const map = topology.topology({ retryTiersMs: [TIER_MS], outsideTiersMs: [] });
  await topology.applyTopology(own.url, map);
  await topology.applyUsers(own.managementUrl, own.url, users, passwords);
  const library = await import('@sluice/messaging');
  const urlOf = (service) =>
    Object.assign(new URL(own.url), { username: `${vhost}.${service}`, password: passwords[`${vhost}.${service}`] })
      .href;
  const admin = await connectTo(own, 'rights');
  const everybody = await Promise.all(
    users.map(({ name }) => User.open(urlOf(name.slice(vhost.length + 1)), name.slice(vhost.length + 1))),
  );
  const mailbox = new Mailbox(
    admin,
    map.queues.map(({ name }) => name),
  );
  const judge = new Judge((service) => new library.SenderVerification({ url: urlOf(service), service }));
  const context = { map, services: topology.SERVICES, tierMs: TIER_MS, prefix: `${vhost}.`, judge };
  try {
    const reads = await Promise.all(everybody.map((user) => readings(user, context)));
    const binds = await Promise.all(everybody.map((user) => bindings(user, context)));
    await Promise.all(everybody.map((user) => messages(user, context)));
    await quiet(mailbox, own);
    await topology.applyTopology(own.url, map); // sends what is homeless home
    await judge.read(mailbox);
    await redriven({ mailbox, judge, everybody, library, topology, own });
    return [...reads.flat(), ...binds.flat(), ...judge.results()];
  } finally {
    await Promise.all([admin, ...everybody].map((one) => one.close()));
  }
}

/**
 * What lies in a dead-letter queue is sent home: half of it by its service, as the ops API does it, and half by an
 * administrator.
 */
async function redriven({ mailbox, judge, everybody, library, topology, own }) {
  for (const queue of await mailbox.withLetters()) {
    const service = queue.split('.', 1)[0];
    const user = everybody.find(({ name }) => name === service);
    await library.redrive(() => user.channel(), queue, { reason: 'by its service' }, judge.sendersOf(service));
    await library.redrive(() => mailbox.channel(), queue, {}, topology.operator(own.url, service));
  }
  await judge.read(mailbox);
}

/** Nothing is on its way through a tier or a timer any more. */
async function quiet(mailbox, own) {
  const api = await managementOf(own);
  const timers = (await api('GET', 'queues/:vhost?columns=name'))
    .map(({ name }) => name)
    .filter((name) => name.startsWith('orders.payment-window.'));
  for (const until = Date.now() + EMPTY_WITHIN_MS; Date.now() < until; await sleep(LOOK_AGAIN_MS)) {
    // Twice a tier more, for those that were just handed on.
    if (await mailbox.areEmpty([...timers, ...mailbox.tiers])) return sleep(2 * TIER_MS);
  }
  throw new Error('a tier or a timer does not let go of its messages');
}

async function removeAll(own, vhost, users) {
  const api = await managementOf(own);
  await api('POST', 'users/bulk-delete', { users: users.map(({ name }) => name) });
  await api('DELETE', `vhosts/${vhost}`);
}
