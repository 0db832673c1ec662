import { EXCHANGES, isTierExchange } from '@sluice/contracts';
import { createHash } from 'node:crypto';
import { management, vhostOf, type Management } from './management.js';
import type { BrokerUser } from './users.js';

/** Passwords by user; each password belongs to one user only. */
export type Passwords = Readonly<Record<string, string>>;

/** Thrown for users of other systems, because applying would replace their passwords. */
export class ForeignUserError extends Error {
  override readonly name = 'ForeignUserError';

  constructor(users: readonly string[]) {
    super(
      `${users.join(', ')}: a user of this name on the broker belongs to another system. ` +
        'Without AMQP_MANAGEMENT_URL the services use AMQP_URL itself; or delete that user',
    );
  }
}

export interface UsersReport {
  /** Users that did not exist before. */
  created: string[];
  /** Differences from the map that were corrected, one line each. */
  corrected: string[];
}

interface Existing {
  users: readonly {
    name: string;
    password_hash: string;
    hashing_algorithm: string;
    tags: string | readonly string[];
  }[];
  permissions: readonly ({ user: string } & Permission)[];
  topics: readonly { user: string; exchange: string; write: string; read: string }[];
  /** The exchanges of the retry tiers. */
  tiers: readonly string[];
}
type Permission = Pick<BrokerUser, 'configure' | 'write' | 'read'>;

const EVENTS = EXCHANGES.events;
/** No user may bind to read events: the topology declares all bindings. */
const NOTHING = '^$';

/**
 * Whether this user is an administrator, who may create users and vhosts.
 * @throws Error when the API does not respond
 */
export async function administers(managementUrl: string): Promise<boolean> {
  const answer = await management(managementUrl, 'amqp://any').get<{ tags: string | string[] }>('whoami');
  return tagsOf(answer?.tags ?? []).includes('administrator');
}

/**
 * Creates the vhost of `url`, with all permissions for the user of `url`. Needs an administrator.
 * @returns what was created
 */
export async function ensureVhost(managementUrl: string, url: string): Promise<string[]> {
  const { get, put, vhost } = management(managementUrl, url);
  if (await get(`vhosts/${vhost}`)) return [];
  await put(`vhosts/${vhost}`, {});
  await put(`permissions/${vhost}/${new URL(url).username || 'guest'}`, { configure: '.*', write: '.*', read: '.*' });
  return [`vhost ${vhostOf(url)}`];
}

/**
 * Gives each user access to the vhost of `url` with its password and exactly its permissions. Idempotent: manual
 * changes are reverted. Open connections stay open when a password changes. Needs an administrator.
 * @throws ForeignUserError when a user of that name belongs to another system: users belong to the whole broker, not
 * to a vhost
 */
export async function applyUsers(
  managementUrl: string,
  url: string,
  users: readonly BrokerUser[],
  passwords: Passwords,
): Promise<UsersReport> {
  const api = management(managementUrl, url);
  const existing = await existingOn(api);
  const tag = `sluice-${vhostOf(url)}`;
  const foreign = users
    .filter(({ name }) => existing.users.some((user) => user.name === name && !tagsOf(user.tags).includes(tag)))
    .map(({ name }) => name);
  if (foreign.length > 0) throw new ForeignUserError(foreign);
  const changes = await Promise.all(
    users.map((user) => applyUser(api, user, { existing, tag, password: passwordOf(user, passwords) })),
  );
  const isNew = ({ name }: BrokerUser): boolean => !existing.users.some((one) => one.name === name);
  return {
    created: users.filter(isNew).map(({ name }) => `user ${name}`),
    corrected: users.flatMap((user, index) =>
      isNew(user) ? [] : changes[index]!.map((what) => `user ${user.name}: ${what}`),
    ),
  };
}

async function existingOn(api: Management): Promise<Existing> {
  const [users, permissions, topics, exchanges] = await Promise.all([
    api.get('users'),
    api.get(`vhosts/${api.vhost}/permissions`),
    api.get(`vhosts/${api.vhost}/topic-permissions`),
    api.exchanges(),
  ]);
  return { users, permissions, topics, tiers: exchanges.filter(isTierExchange) } as Existing;
}

function passwordOf({ name }: BrokerUser, passwords: Passwords): string {
  const password = passwords[name];
  if (!password) throw new Error(`there is no password for ${name}`);
  return password;
}

/**
 * Applies restrictions before permissions, so that a user never has more than its permissions.
 * @returns the differences that were corrected
 */
async function applyUser(
  api: Management,
  user: BrokerUser,
  { existing, tag, password }: { existing: Existing; tag: string; password: string },
): Promise<string[]> {
  const name = encodeURIComponent(user.name);
  const identity = differenceOf(
    existing.users.find((one) => one.name === user.name),
    tag,
    password,
  );
  if (identity) await api.put(`users/${name}`, { password, tags: tag });
  const topics = await applyTopics(api, user, existing);
  const rights = existing.permissions.find((one) => one.user === user.name);
  const wrong = RIGHTS.filter((right) => rights?.[right] !== user[right]);
  if (wrong.length > 0)
    await api.put(`permissions/${api.vhost}/${name}`, Object.fromEntries(RIGHTS.map((right) => [right, user[right]])));
  return [
    ...(identity ? [identity] : []),
    ...topics,
    ...wrong.map((right) => `${right} (was ${rights?.[right] ?? 'none'})`),
  ];
}

/**
 * Permissions by routing key: events that the user may publish, and failed messages that it may publish to a tier
 * (https://www.rabbitmq.com/docs/access-control#topic-authorisation). An exchange without a topic permission accepts
 * every key.
 */
async function applyTopics(api: Management, user: BrokerUser, { topics, tiers }: Existing): Promise<string[]> {
  const wanted = [
    { exchange: EVENTS, write: user.facts, what: 'facts' },
    ...tiers.map((exchange) => ({ exchange, write: user.retries, what: `retries in ${exchange}` })),
  ];
  const wrong = wanted
    .map((topic) => ({
      ...topic,
      found: topics.find((one) => one.user === user.name && one.exchange === topic.exchange),
    }))
    .filter(({ write, found }) => found?.write !== write || found.read !== NOTHING);
  for (const { exchange, write } of wrong)
    await api.put(`topic-permissions/${api.vhost}/${encodeURIComponent(user.name)}`, {
      exchange,
      write,
      read: NOTHING,
    });
  return wrong.map(({ what, found }) => `${what} (was ${found?.write ?? 'any'})`);
}

const RIGHTS = ['configure', 'write', 'read'] as const;

function differenceOf(user: Existing['users'][number] | undefined, tag: string, password: string): string | undefined {
  const tags = tagsOf(user?.tags ?? []).join(', ');
  if (!user || tags !== tag) return `tags (were ${tags || 'none'})`;
  return matches(password, user.password_hash, user.hashing_algorithm) ? undefined : 'password';
}

/**
 * RabbitMQ's password hash: 4 bytes of salt, then the hash of salt and password.
 * Source: https://www.rabbitmq.com/docs/passwords#computing-password-hash
 */
function matches(password: string, hash: string, algorithm: string): boolean {
  const bytes = Buffer.from(hash, 'base64');
  const salt = bytes.subarray(0, 4);
  const digest = createHash(algorithm.endsWith('sha512') ? 'sha512' : 'sha256')
    .update(salt)
    .update(password)
    .digest();
  return bytes.subarray(4).equals(digest);
}

/** Normalizes tags to a list; before RabbitMQ 3.9 they were text separated by commas. */
const tagsOf = (tags: string | readonly string[]): readonly string[] =>
  typeof tags === 'string' ? tags.split(',').filter(Boolean) : tags;
