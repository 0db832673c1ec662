import type { Topology } from '@sluice/contracts';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { redrive, SenderVerification } from '@sluice/messaging';
import { connectToBroker } from '@sluice/stack/rabbitmq/administration';
import { until } from '@sluice/stack/until';
import {
  applyTopology,
  applyUsers,
  ensureVhost,
  management,
  operator,
  topology,
  usersOf,
  WORK,
} from '@sluice/topology';
import type { BrokerUser } from '@sluice/topology';
import type { Attempt } from './attempt.js';
import { MessageAttempts, serviceOf } from './message-attempts.js';
import { sendAll } from './messages.js';
import { QueueReader } from './queue-reader.js';
import { bindAll, readAll } from './queues.js';
import { User } from './user.js';

/** Long enough to be a retry tier, and short enough to wait for. Milliseconds. */
const TIER_MS = 100;
const EMPTY_WITHIN_MS = 30_000;
const LOOK_AGAIN_MS = 50;

interface Broker {
  /** Of an administrator. */
  readonly url: string;
  /** Of an administrator. */
  readonly managementUrl: string;
}

/** The vhost of one run. */
interface Vhost extends Broker {
  readonly name: string;
  readonly map: Topology;
  /** URLs, by service. */
  readonly urls: Readonly<Record<string, string>>;
}

/**
 * Every user of the map tries to send every message, to every consumer that takes it, by every way that there is; to
 * read every queue; and to bind every queue and exchange. On a vhost of its own, with the real map, users and rights,
 * and the verification of every consumer.
 */
export async function brokerRights({ url, managementUrl }: Broker): Promise<Attempt[]> {
  const name = `rights-${randomBytes(6).toString('hex')}`;
  const broker = { url: Object.assign(new URL(url), { pathname: name }).href, managementUrl };
  const users = usersOf(WORK);
  await ensureVhost(managementUrl, broker.url);
  try {
    return await attemptAll({ ...broker, ...(await prepare(broker, name, users)) });
  } finally {
    await removeAll(broker, name, users);
  }
}

/** Applies the map and the users, whose names begin with that of the vhost. */
async function prepare(
  { url, managementUrl }: Broker,
  name: string,
  users: readonly BrokerUser[],
): Promise<Omit<Vhost, keyof Broker>> {
  const map = topology({ retryTiersMs: [TIER_MS], outsideTiersMs: [] });
  const own = users.map((user) => ({ ...user, name: `${name}.${user.name}` }));
  const passwords = Object.fromEntries(own.map((user) => [user.name, randomBytes(12).toString('hex')]));
  await applyTopology(url, map);
  await applyUsers(managementUrl, url, own, passwords);
  const urlOf = (username: string): string =>
    Object.assign(new URL(url), { username, password: passwords[username] }).href;
  return { name, map, urls: Object.fromEntries(users.map((user) => [user.name, urlOf(`${name}.${user.name}`)])) };
}

async function attemptAll(vhost: Vhost): Promise<Attempt[]> {
  const { url, map, urls } = vhost;
  const admin = await connectToBroker(vhost, 'rights');
  const users = await Promise.all(Object.entries(urls).map(([service, own]) => User.open(own, service)));
  const reader = new QueueReader(
    admin,
    map.queues.map(({ name }) => name),
  );
  const attempts = new MessageAttempts(
    new Map(Object.entries(urls).map(([service, own]) => [service, new SenderVerification({ url: own, service })])),
  );
  const context = { map, tierMs: TIER_MS, prefix: `${vhost.name}.`, attempts };
  try {
    const reads = await Promise.all(users.map((user) => readAll(user, map)));
    const binds = await Promise.all(users.map((user) => bindAll(user, map)));
    await Promise.all(users.map((user) => sendAll(user, context)));
    await untilQuiet(reader, vhost);
    await applyTopology(url, map); // returns undeliverable messages to their queues
    await attempts.verify(reader);
    await redriveAll(reader, users, attempts, url);
    await attempts.verify(reader);
    return [...reads.flat(), ...binds.flat(), ...attempts.results()];
  } finally {
    await Promise.all([admin, ...users].map((one) => one.close()));
  }
}

/** Redrives dead letters: half of them by their service, as the ops API does it, and half by an administrator. */
async function redriveAll(
  reader: QueueReader,
  users: readonly User[],
  attempts: MessageAttempts,
  url: string,
): Promise<void> {
  for (const queue of await reader.withDeadLetters()) {
    const service = serviceOf(queue);
    const user = users.find(({ name }) => name === service);
    if (user)
      await redrive(() => user.channel(), queue, { reason: 'by its service' }, attempts.verificationOf(service));
    await redrive(() => reader.channel(), queue, {}, operator(url, service));
  }
}

/** Waits until no message is on its way through a tier or a timer. */
async function untilQuiet(reader: QueueReader, vhost: Vhost): Promise<void> {
  const queues = await management(vhost.managementUrl, vhost.url).queues();
  const timers = queues.map(({ name }) => name).filter((name) => name.startsWith('orders.payment-window.'));
  const isQuiet = (): Promise<boolean> => reader.areEmpty([...timers, ...reader.tiers]);
  if (!(await until(isQuiet, { withinMs: EMPTY_WITHIN_MS, everyMs: LOOK_AGAIN_MS })))
    throw new Error('a tier or a timer does not let go of its messages');
  await sleep(2 * TIER_MS); // twice a tier, for messages that were just passed on
}

async function removeAll(broker: Broker, name: string, users: readonly BrokerUser[]): Promise<void> {
  const api = management(broker.managementUrl, broker.url);
  await api.post('users/bulk-delete', { users: users.map((user) => `${name}.${user.name}`) });
  await api.delete(`vhosts/${name}`);
}
