import { createHash } from 'node:crypto';
import { isTierExchange } from './layout.js';
import { management, vhostOf, type Management } from './management.js';
import type { BrokerUser } from './users.js';

/** By user; each password is its user's alone. */
export type Passwords = Readonly<Record<string, string>>;

/** Its password would be lost. */
export class ForeignUserError extends Error {
  override readonly name = 'ForeignUserError';

  constructor(users: readonly string[]) {
    super(
      `${users.join(', ')}: on this broker a user of that name is somebody else's. Without AMQP_MANAGEMENT_URL the services use AMQP_URL itself; or delete that user`,
    );
  }
}

export interface UsersReport {
  /** Who was not there before. */
  created: string[];
  /** What was otherwise than the map says, and is put right: a line for each. */
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

const EVENTS = 'shop.events';
/** Bindings are the map's, so nobody may read facts by binding. */
const NOTHING = '^$';

/** Whether this user may make users and vhosts. @throws Error when nobody answers */
export async function administers(managementUrl: string): Promise<boolean> {
  const answer = await management(managementUrl, 'amqp://any').get<{ tags: string | string[] }>('whoami');
  return tagsOf(answer?.tags ?? []).includes('administrator');
}

/** Makes the vhost of `url`, with every right for its user. Takes an administrator. @returns what was not there before */
export async function ensureVhost(managementUrl: string, url: string): Promise<string[]> {
  const { get, put, vhost } = management(managementUrl, url);
  if (await get(`vhosts/${vhost}`)) return [];
  await put(`vhosts/${vhost}`, {});
  await put(`permissions/${vhost}/${new URL(url).username || 'guest'}`, { configure: '.*', write: '.*', read: '.*' });
  return [`vhost ${vhostOf(url)}`];
}

/**
 * Lets each user into the vhost of `url`, with its password and its rights and no more. Idempotent: what was changed by hand is
 * put back. Connections that are open stay open when a password changes. Takes an administrator.
 * @throws ForeignUserError when a user of that name is somebody else's: users belong to the whole broker, not to a vhost
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

/** First what narrows, then what opens: at no moment does a user have more than its rights. @returns what was otherwise */
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
 * Routing keys: which facts it may say, and whose failed messages it may put into a tier
 * (https://www.rabbitmq.com/docs/access-control#topic-authorisation). An exchange without such a line takes every key.
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

/** Four bytes of salt, then the hash of salt and password: https://www.rabbitmq.com/docs/passwords#computing-password-hash */
function matches(password: string, hash: string, algorithm: string): boolean {
  const bytes = Buffer.from(hash, 'base64');
  const salt = bytes.subarray(0, 4);
  const digest = createHash(algorithm.endsWith('sha512') ? 'sha512' : 'sha256')
    .update(salt)
    .update(password)
    .digest();
  return bytes.subarray(4).equals(digest);
}

/** A list; before 3.9 text with commas. */
const tagsOf = (tags: string | readonly string[]): readonly string[] =>
  typeof tags === 'string' ? tags.split(',').filter(Boolean) : tags;
