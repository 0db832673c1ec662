// @ts-nocheck
import { randomBytes } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { Failure } from '../failure.js';
import { inRoot } from '../workspace.js';

/** A broker as its administrator reaches it. */
export interface Broker {
  url: string;
  managementUrl?: string | undefined;
  /** Of the services' own users; absent where none can be made, and all use `url`. */
  passwords?: Record<string, string> | undefined;
}

/** The compiled map of the broker. */
export const loadTopology = () => import(pathToFileURL(inRoot('topology/dist/index.js')).href);

/**
 * The passwords of the users of this home, each made once and then kept.
 * @param {import('../state-directory.js').StateDirectory} stateDirectory @param {string[]} names those that are needed @returns {Record<string, string>}
 */
export function brokerPasswords(stateDirectory, names) {
  const known = stateDirectory.recall('broker-users') ?? {};
  const missing = names.filter((name) => !known[name]);
  return missing.length === 0
    ? known
    : stateDirectory.remember('broker-users', {
        ...known,
        ...Object.fromEntries(missing.map((name) => [name, randomPassword()])),
      });
}

const randomPassword = () => randomBytes(24).toString('base64url');

/** @returns {Record<string, string>} as before, with a new one for this user */
export const newBrokerPassword = (stateDirectory, name) =>
  stateDirectory.remember('broker-users', { ...stateDirectory.recall('broker-users'), [name]: randomPassword() });

/**
 * Whether users can be made decides who the services are there.
 * @param {import('../state-directory.js').StateDirectory} stateDirectory @param {Broker} broker @param {{ ours?: boolean, more?: string[] }} [options] ours: it lets us, and may still be booting; more: users beside those of the map
 * @returns {Promise<Broker>}
 */
export async function withUsers(stateDirectory, broker, { ours = false, more = [] } = {}) {
  const { administers, usersOf, WORK } = await loadTopology();
  const may = ours || (broker.managementUrl !== undefined && (await administers(broker.managementUrl)));
  return may
    ? { ...broker, passwords: brokerPasswords(stateDirectory, [...usersOf(WORK).map(({ name }) => name), ...more]) }
    : broker;
}

/** The URL that this service uses. */
export function brokerUrlOf({ url, passwords }: Broker, service: string): string {
  if (!passwords) return url;
  const password = passwords[service];
  if (!password)
    throw new Failure(`${service} has no user on the broker`, 'topology/src/map.ts says who consumes and who sends.');
  return Object.assign(new URL(url), { username: service, password }).href;
}
