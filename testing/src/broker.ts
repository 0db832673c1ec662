import { createHash, randomBytes } from 'node:crypto';
import {
  applyTopology,
  applyUsers,
  ensureVhost,
  operator,
  topology,
  trust,
  usersOf,
  WORK,
  type Operator,
  type Report,
  type TopologyOptions,
} from '@sluice/topology';
import { connect, type ChannelModel } from 'amqplib';
import { Management, TEST_CONNECTION } from './management.js';

/** A vhost of its own on the shared broker, with the topology applied. */
export interface TestBroker {
  /** AMQP, with user, password and vhost. */
  readonly url: string;
  readonly vhost: string;
  /** For what a test reads and publishes itself. */
  readonly connection: ChannelModel;
  readonly management: Management;
  /** The name of a service's user on this broker; `connection` may publish in its name. */
  userOf(service: string): string;
  /** How an administrator publishes messages again to queues of this service. */
  operator(service: string): Operator;
  /** Applies its topology once more, as an administrator would. */
  apply(): Promise<Report>;
  /** Deletes the vhost with everything in it, and its users. */
  close(): Promise<void>;
}

export interface TestBrokerOptions extends Pick<
  TopologyOptions,
  'services' | 'flashSaleQueueLimit' | 'outsideTiersMs'
> {
  /** The shared broker when absent. */
  server?: { readonly url: string; readonly managementUrl: string };
  /** One that may exist already; a new one when absent. */
  vhost?: string;
  /** Waiting times of failed messages; short, so that tests need not wait. Milliseconds. */
  tiersMs?: readonly number[];
}

/** Users belong to the whole broker, so in the vhosts of tests their names begin with that of the vhost. */
const PREFIX = 'test-';

/** @param options by default on the broker of AMQP_URL, and AMQP_MANAGEMENT_URL with a user who may create vhosts */
export async function testBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const { tiersMs: retryTiersMs, server, vhost = `${PREFIX}${randomBytes(6).toString('hex')}`, ...map } = options;
  const url = Object.assign(new URL(server?.url ?? variable('AMQP_URL')), { pathname: `/${vhost}` });
  const management = new Management(server?.managementUrl ?? variable('AMQP_MANAGEMENT_URL'), vhost);
  const administrator = url.username || 'guest';
  await ensureVhost(management.url, url.href);
  const apply = (): Promise<Report> =>
    applyTopology(url.href, topology({ ...map, ...(retryTiersMs && { retryTiersMs }) }));
  await apply();
  await allowImpersonation(management, administrator);
  const connection = await connect(url.href, { ...trust(), clientProperties: { connection_name: TEST_CONNECTION } });
  connection.on('error', () => undefined);
  return {
    url: url.href,
    vhost,
    connection,
    management,
    userOf: (service) => (vhost.startsWith(PREFIX) ? `${vhost}.${service}` : service),
    operator: (service) => operator(url.href, service),
    apply,
    close: async () => {
      await connection.close().catch(() => undefined);
      await removeVhost(management, vhost);
    },
  };
}

interface User {
  tags: string[];
  password_hash: string;
  hashing_algorithm: string;
}

/** A consumer checks the sender: tests send in the name of others (https://www.rabbitmq.com/docs/validated-user-id). */
async function allowImpersonation(management: Management, name: string): Promise<void> {
  const path = `users/${encodeURIComponent(name)}`;
  const { tags, password_hash, hashing_algorithm } = await management.get<User>(path);
  if (tags.includes('impersonator')) return;
  await management.put(path, { password_hash, hashing_algorithm, tags: [...tags, 'impersonator'].join(',') });
}

async function removeVhost(management: Management, vhost: string): Promise<void> {
  const permissions = await management.get<{ user: string }[]>(`vhosts/${vhost}/permissions`);
  const users = permissions.map(({ user }) => user).filter((user) => user.startsWith(`${vhost}.`));
  if (users.length > 0) await management.post('users/bulk-delete', { users });
  await management.delete(`vhosts/${vhost}`);
}

/** Gives each service its user and rights, as `npm run topology` does; again after a loss. @returns URLs by service */
export async function createServiceUsers({ url, management, userOf }: TestBroker): Promise<Record<string, string>> {
  const services = usersOf(WORK);
  const users = services.map((user) => ({ ...user, name: userOf(user.name) }));
  const passwordOf = (name: string): string => createHash('sha256').update(name).digest('hex');
  await applyUsers(management.url, url, users, Object.fromEntries(users.map(({ name }) => [name, passwordOf(name)])));
  const urlOf = (username: string): string =>
    Object.assign(new URL(url), { username, password: passwordOf(username) }).href;
  return Object.fromEntries(services.map(({ name }) => [name, urlOf(userOf(name))]));
}

function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests with "npm test", which starts what they need`);
  return value;
}

/** How many messages wait in a queue, without those that a consumer holds. */
export async function depth({ connection }: TestBroker, queue: string): Promise<number> {
  const channel = await connection.createChannel();
  const { messageCount } = await channel.checkQueue(queue);
  await channel.close();
  return messageCount;
}
