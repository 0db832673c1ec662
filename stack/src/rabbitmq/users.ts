import { randomBytes } from 'node:crypto';
import { Failure } from '../failure.js';
import type { StateDirectory } from '../state-directory.js';

/** By user. */
export type Passwords = Record<string, string>;

export interface Broker {
  /** Of the administrator. */
  url: string;
  /** Of the administrator. */
  managementUrl?: string | undefined;
  /** Of the services' own users; absent where none can be made, and every service uses `url`. */
  passwords?: Passwords;
}

/** The map of the broker, loaded when it is needed: with the contracts it takes longer than a short command. */
export const loadTopology = () => import('@sluice/topology');

/** The passwords of the broker's users, each made once and then kept. @param names of the users that are needed */
export function brokerPasswords(stateDirectory: StateDirectory, names: readonly string[]): Passwords {
  const known = stateDirectory.recall('broker-users') ?? {};
  const missing = names.filter((name) => !known[name]);
  if (missing.length === 0) return known;
  const made = Object.fromEntries(missing.map((name) => [name, randomPassword()]));
  return stateDirectory.remember('broker-users', { ...known, ...made });
}

const randomPassword = (): string => randomBytes(24).toString('base64url');

/** The passwords, with a new one for this user. */
export const newBrokerPassword = (stateDirectory: StateDirectory, name: string): Passwords =>
  stateDirectory.remember('broker-users', { ...stateDirectory.recall('broker-users'), [name]: randomPassword() });

export interface UsersOptions {
  /** The broker is our own: it accepts our administrator, and may still be booting. */
  ours?: boolean;
  /** Users beside those of the map. */
  more?: readonly string[];
}

/** The broker with the passwords of the services' users, where its administrator may make users. */
export async function withUsers<B extends Broker>(
  stateDirectory: StateDirectory,
  broker: B,
  { ours = false, more = [] }: UsersOptions = {},
): Promise<B & Pick<Broker, 'passwords'>> {
  const { administers, usersOf, WORK } = await loadTopology();
  const may = ours || (broker.managementUrl !== undefined && (await administers(broker.managementUrl)));
  if (!may) return broker;
  const names = [...usersOf(WORK).map(({ name }) => name), ...more];
  return { ...broker, passwords: brokerPasswords(stateDirectory, names) };
}

export function brokerUrlOf({ url, passwords }: Broker, service: string): string {
  if (!passwords) return url;
  const password = passwords[service];
  if (!password)
    throw new Failure(`${service} has no user on the broker`, 'topology/src/map.ts says who consumes and who sends.');
  return Object.assign(new URL(url), { username: service, password }).href;
}
