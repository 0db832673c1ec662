import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import {
  ADMINISTRATOR as USER,
  configText,
  CONTAINER_TLS,
  FIRST_CONTAINER,
  JOINING_CONTAINER,
  VHOST,
} from '../rabbitmq/settings.js';
import { brokerUrlOf, type Broker } from '../rabbitmq/users.js';
import { Failure } from '../failure.js';
import { secretsFor } from '../services/environment.js';
import { secretsOf } from '../services/secrets.js';
import type { ContainerServers, Secrets, State, StateDirectory } from '../state-directory.js';
import { allServices } from '../workspace.js';
import { ADMINISTRATOR, postgresFiles, rabbitmqFiles, TRUST, trustOf, type ContainerTls, type Given } from './tls.js';

/** What may be given instead of being made. */
export const GIVEN = [
  'DATABASE_URL',
  'AMQP_URL',
  'AMQP_MANAGEMENT_URL',
  'POSTGRES_PASSWORD',
  'RABBITMQ_PASSWORD',
  'TOKEN_PRIVATE_KEY',
  'TOKEN_PUBLIC_KEY',
  'IDEMPOTENCY_SECRET',
  ...TRUST,
] as const;

/** The host name of every node of the broker in docker-compose.yml, so that the loss of one is the loss of a connection. */
const BROKER = 'broker';

/**
 * Makes the secrets of a system in containers, those that it does not have yet, and writes each container's into a folder of its
 * own: the only one that is mounted there. Where a service finds its servers follows when they have users for it.
 * @param stateDirectory the volume of secrets
 * @param given what was set by hand; what is not keeps its value
 * @param tls for servers of ours that speak nothing else
 * @throws {Failure} naming the one that cannot be used
 */
export function makeContainerSecrets(stateDirectory: StateDirectory, given: Given, tls?: ContainerTls): void {
  refuseLoopback(given);
  const known = stateDirectory.recall('passwords');
  const passwords = stateDirectory.remember('passwords', {
    postgres: given['POSTGRES_PASSWORD'] ?? known?.postgres ?? randomPassword(),
    rabbitmq: given['RABBITMQ_PASSWORD'] ?? known?.rabbitmq ?? randomPassword(),
    cookie: known?.cookie ?? randomPassword(),
  });
  stateDirectory.remember('servers', {
    ...serversOf(given, passwords, tls),
    trust: trustOf(ADMINISTRATOR, tls, given),
  });
  layOut(stateDirectory, 'postgres', { POSTGRES_PASSWORD: passwords.postgres, ...(tls && postgresFiles(tls)) });
  layOut(stateDirectory, 'rabbitmq', {
    'rabbitmq.conf': configText({ ...FIRST_CONTAINER, ...(tls && CONTAINER_TLS) }),
    'joining.conf': configText({ ...JOINING_CONTAINER, ...(tls && CONTAINER_TLS) }),
    ...(tls && rabbitmqFiles(tls)),
    'erlang.cookie': passwords.cookie,
    'definitions.json': definitions(passwords.rabbitmq),
  });
  const secrets = signingSecrets(stateDirectory, given);
  for (const service of allServices())
    layOut(stateDirectory, service, { ...secretsFor(service, secrets), ...trustOf(service, tls, given) });
  rmSync(stateDirectory.path('gateway', 'AMQP_MANAGEMENT_URL'), { force: true }); // which earlier versions gave it, with the administrator's password
}

/** The servers, with the administrators' passwords. */
export function recordedServers(stateDirectory: StateDirectory): ContainerServers {
  const servers = stateDirectory.recall('servers');
  if (servers) return servers;
  throw new Failure('there are no secrets yet', 'docker compose up makes them first.');
}

/** @param databases every service's own URL */
export function layOutDatabases(stateDirectory: StateDirectory, databases: Record<string, string>): void {
  for (const [service, url] of Object.entries(databases)) layOut(stateDirectory, service, { DATABASE_URL: url });
}

/** @param broker which lets the services in */
export function layOutBroker(stateDirectory: StateDirectory, broker: Broker): void {
  for (const service of allServices()) layOut(stateDirectory, service, { AMQP_URL: brokerUrlOf(broker, service) });
}

const randomPassword = (): string => randomBytes(24).toString('base64url');

function serversOf(
  { DATABASE_URL, AMQP_URL, AMQP_MANAGEMENT_URL }: Given,
  { postgres, rabbitmq }: State['passwords'],
  tls: ContainerTls | undefined,
): Omit<ContainerServers, 'trust'> {
  const user = `${USER}:${encodeURIComponent(rabbitmq)}`;
  return {
    database:
      DATABASE_URL ??
      `postgresql://postgres:${encodeURIComponent(postgres)}@postgres:5432/postgres${tls ? '?sslmode=verify-full' : ''}`,
    broker: AMQP_URL
      ? { url: AMQP_URL, managementUrl: AMQP_MANAGEMENT_URL }
      : tls
        ? { url: `amqps://${user}@${BROKER}:5671/${VHOST}`, managementUrl: `https://${user}@${BROKER}:15671` }
        : { url: `amqp://${user}@${BROKER}:5672/${VHOST}`, managementUrl: `http://${user}@${BROKER}:15672` },
    ours: { database: DATABASE_URL === undefined },
  };
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The classic mistake: what is "here" on the host is somewhere else in a container. */
function refuseLoopback(given: Given): void {
  for (const name of ['DATABASE_URL', 'AMQP_URL', 'AMQP_MANAGEMENT_URL']) {
    const url = given[name] ?? '';
    const host = URL.canParse(url) ? new URL(url).hostname : '';
    if (LOOPBACK.has(host))
      throw new Failure(
        `${name} names ${host}, which in a container is the container itself`,
        `Unset it, to use the server of docker-compose.yml, or name a host that containers reach.`,
      );
  }
}

/** The public keys stay as they are when the new private one is of one of them: it was announced, and its forerunner is not done with yet. */
function signingSecrets(
  stateDirectory: StateDirectory,
  { TOKEN_PRIVATE_KEY, TOKEN_PUBLIC_KEY, IDEMPOTENCY_SECRET }: Given,
): Secrets {
  const known = secretsOf(stateDirectory, { mark: '' });
  const listed = withLines(TOKEN_PUBLIC_KEY ?? known.tokenPublicKey);
  const signing = publicHalf(TOKEN_PRIVATE_KEY ?? known.tokenPrivateKey);
  if (TOKEN_PUBLIC_KEY && !listed.includes(signing.trim()))
    throw new Failure(
      'TOKEN_PUBLIC_KEY does not hold the public half of the key that tokens are signed with',
      'docs/operations.md, "Rotating keys"',
    );
  return stateDirectory.remember('secrets', {
    ...known,
    ...(TOKEN_PRIVATE_KEY && { tokenPrivateKey: TOKEN_PRIVATE_KEY }),
    tokenPublicKey: listed.includes(signing.trim()) ? listed : signing,
    ...(IDEMPOTENCY_SECRET && { idempotencySecret: IDEMPOTENCY_SECRET }),
  });
}

/** Files of the kind `.env` have line breaks as \\n. */
const withLines = (pem: string): string => pem.replaceAll('\\n', '\n');

function publicHalf(privateKey: string): string {
  try {
    return createPublicKey(withLines(privateKey)).export({ type: 'spki', format: 'pem' }).toString();
  } catch {
    throw new Failure('TOKEN_PRIVATE_KEY is not a private key in PEM form', 'openssl genpkey -algorithm ed25519');
  }
}

/** Read by the broker at every boot, so that a new password counts from its next start. */
function definitions(password: string): string {
  const user = {
    name: USER,
    password_hash: hashOf(password),
    hashing_algorithm: 'rabbit_password_hashing_sha256',
    tags: ['administrator'],
  };
  const everything = { user: USER, vhost: VHOST, configure: '.*', write: '.*', read: '.*' };
  return JSON.stringify({ users: [user], vhosts: [{ name: VHOST }], permissions: [everything] }, null, 2);
}

/** https://www.rabbitmq.com/docs/passwords#computing-password-hash */
function hashOf(password: string): string {
  const salt = randomBytes(4);
  return Buffer.concat([salt, createHash('sha256').update(salt).update(password).digest()]).toString('base64');
}

/** Whoever sees such a folder may read it: which container does is decided by where it is mounted. */
function layOut(stateDirectory: StateDirectory, folder: string, files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = stateDirectory.path(folder, name);
    writeFileSync(`${file}.draft`, content);
    chmodSync(`${file}.draft`, 0o444);
    renameSync(`${file}.draft`, file);
  }
}
