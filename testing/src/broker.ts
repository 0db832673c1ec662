import { createHash, randomBytes } from 'node:crypto';
import {
  applyTopology,
  applyUsers,
  operator,
  topology,
  trust,
  trustingFetch,
  usersOf,
  WORK,
  type Operator,
  type Report,
  type TopologyOptions,
} from '@sluice/topology';
import { connect, type ChannelModel } from 'amqplib';
import { eventually } from './eventually.js';

/** A vhost of its own on the shared broker, with the topology applied. */
export interface TestBroker {
  /** AMQP, with user, password and vhost. */
  readonly url: string;
  readonly vhost: string;
  /** For what a test looks at and puts in itself. */
  readonly connection: ChannelModel;
  readonly management: Management;
  /** What the broker calls the user of a service here; `connection` may publish in its name. */
  userOf(service: string): string;
  /** How an administrator sends messages home to queues of this service. */
  operator(service: string): Operator;
  /** Applies its topology once more, as an operator would. */
  apply(): Promise<Report>;
  /** Deletes the vhost with everything in it, and its users. */
  close(): Promise<void>;
}

export interface Management {
  /** With user and password. */
  readonly url: string;
  /** `path` follows `/api/`. */
  get<T>(path: string): Promise<T>;
  put(path: string, body?: object): Promise<void>;
  delete(path: string): Promise<void>;
  post(path: string, body: object): Promise<void>;
  /** Ends every connection to the vhost, as an operator would, the test's own excepted; gives how many there were. */
  closeConnections(): Promise<number>;
  /** Waits until `count` connections of that name are listed, which takes the management pages seconds, and ends them. */
  closeConnectionsNamed(name: string, count: number): Promise<void>;
}

export interface TestBrokerOptions extends Pick<
  TopologyOptions,
  'services' | 'flashSaleQueueLimit' | 'outsideTiersMs'
> {
  /** The shared broker when absent. */
  server?: { readonly url: string; readonly managementUrl: string };
  /** One that may be there already; a new one when absent. */
  vhost?: string;
  /** Waiting times of failed messages; short, so that tests need not wait. Milliseconds. */
  tiersMs?: readonly number[];
}

/** Users belong to the whole broker, so in the vhosts of tests their names begin with that of the vhost. */
const PREFIX = 'test-';

/** Every consumer checks who has sent a message: a test that sends one does it in the name of who may (https://www.rabbitmq.com/docs/validated-user-id). */
async function mayImpersonate(management: Management, name: string): Promise<void> {
  const { tags, password_hash, hashing_algorithm } = await management.get<{
    tags: string[];
    password_hash: string;
    hashing_algorithm: string;
  }>(`users/${encodeURIComponent(name)}`);
  if (!tags.includes('impersonator'))
    await management.put(`users/${encodeURIComponent(name)}`, {
      password_hash,
      hashing_algorithm,
      tags: [...tags, 'impersonator'].join(','),
    });
}

/** The shared broker is that of AMQP_URL, and AMQP_MANAGEMENT_URL with a user who may create vhosts. */
export async function testBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const { tiersMs: retryTiersMs, server, vhost = `${PREFIX}${randomBytes(6).toString('hex')}`, ...map } = options;
  const url = new URL(server?.url ?? variable('AMQP_URL'));
  url.pathname = `/${vhost}`;
  const management = managementOf(server?.managementUrl ?? variable('AMQP_MANAGEMENT_URL'), vhost);
  await management.put(`vhosts/${vhost}`);
  await management.put(`permissions/${vhost}/${url.username || 'guest'}`, { configure: '.*', write: '.*', read: '.*' });
  const apply = (): Promise<Report> =>
    applyTopology(url.href, topology({ ...map, ...(retryTiersMs && { retryTiersMs }) }));
  await apply();
  await mayImpersonate(management, url.username || 'guest');
  const userOf = (service: string): string => (vhost.startsWith(PREFIX) ? `${vhost}.${service}` : service);
  const connection = await connect(url.href, { ...trust(), clientProperties: { connection_name: TEST_CONNECTION } });
  connection.on('error', () => undefined);
  const close = async (): Promise<void> => {
    await connection.close().catch(() => undefined);
    const permissions = await management.get<{ user: string }[]>(`vhosts/${vhost}/permissions`);
    const users = permissions.map(({ user }) => user).filter((user) => user.startsWith(`${vhost}.`));
    if (users.length > 0) await management.post('users/bulk-delete', { users });
    await management.delete(`vhosts/${vhost}`);
  };
  return {
    url: url.href,
    vhost,
    connection,
    management,
    userOf,
    operator: (service) => operator(url.href, service),
    apply,
    close,
  };
}

/**
 * Gives each service its user on the vhost, with the rights that `npm run topology` gives it and no more; once more after the
 * broker has lost its data. @returns every service's URL
 */
export async function letIn({ url, management, userOf }: TestBroker): Promise<Record<string, string>> {
  const services = usersOf(WORK);
  const users = services.map((user) => ({ ...user, name: userOf(user.name) }));
  const passwordOf = (name: string): string => createHash('sha256').update(name).digest('hex');
  await applyUsers(management.url, url, users, Object.fromEntries(users.map(({ name }) => [name, passwordOf(name)])));
  return Object.fromEntries(
    services.map(({ name }) => [
      name,
      Object.assign(new URL(url), { username: userOf(name), password: passwordOf(userOf(name)) }).href,
    ]),
  );
}

/** The test's own eyes: never closed by `closeConnections`. */
const TEST_CONNECTION = 'the test';

interface Connection {
  /** By which the broker knows it. */
  name: string;
  /** What its client calls itself. */
  calledBy: string | undefined;
}

function managementOf(url: string, vhost: string): Management {
  const { origin, username, password } = new URL(url);
  const headers = {
    authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
    'content-type': 'application/json',
  };
  const call = async (method: string, path: string, body?: object): Promise<Response> => {
    const response = await trustingFetch(`${origin}/api/${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok && !(method === 'DELETE' && response.status === 404))
      throw new Error(`${method} /api/${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const get = async <T>(path: string): Promise<T> => (await (await call('GET', path)).json()) as T;
  const remove = async (path: string): Promise<void> => void (await call('DELETE', path));
  const connections = async (): Promise<Connection[]> =>
    (
      await get<{ name: string; client_properties?: { connection_name?: string } }[]>(`vhosts/${vhost}/connections`)
    ).map(({ name, client_properties }) => ({ name, calledBy: client_properties?.connection_name }));
  const end = async (which: Connection[]): Promise<void> =>
    void (await Promise.all(which.map(({ name }) => remove(`connections/${encodeURIComponent(name)}`))));
  return {
    url,
    get,
    put: async (path, body) => void (await call('PUT', path, body)),
    delete: remove,
    post: async (path, body) => void (await call('POST', path, body)),
    async closeConnections() {
      const others = (await connections()).filter(({ calledBy }) => calledBy !== TEST_CONNECTION);
      await end(others);
      return others.length;
    },
    async closeConnectionsNamed(name, count) {
      const found = await eventually(async () => {
        const called = (await connections()).filter(({ calledBy }) => calledBy === name);
        if (called.length !== count) throw new Error(`${called.length} connections are called "${name}", not ${count}`);
        return called;
      });
      await end(found);
    },
  };
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
