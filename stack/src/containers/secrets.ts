// @ts-nocheck
import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { brokerUrlOf } from '../rabbitmq/users.js';
import {
  ADMINISTRATOR as USER,
  configText,
  CONTAINER_TLS,
  FIRST_CONTAINER,
  JOINING_CONTAINER,
  VHOST,
} from '../rabbitmq/settings.js';
import { ADMINISTRATOR, postgresFiles, rabbitmqFiles, TRUST, trustOf } from './tls.js';
import { Failure } from '../failure.js';
import { secretsOf } from '../services/secrets.js';
import { secretsFor } from '../services/environment.js';
import { databaseServices } from '../workspace.js';

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
];

/** The image of the steps holds no apps: the gateway is the one that owns no database. */
export const containerServices = () => ['gateway', ...databaseServices()];

/** What every node of the broker answers to in docker-compose.yml, so that the loss of one is the loss of a connection. */
const BROKER = 'broker';

/**
 * Makes the secrets of a system in containers, those that it has not got yet, and lays each container's into a folder of its
 * own: the only one that is mounted there. Where a service finds its servers follows when they know it.
 * @param {import('../state-directory.js').StateDirectory} stateDirectory the volume of secrets
 * @param {Partial<Record<typeof GIVEN[number], string>>} given what was set by hand; what is not keeps its value
 * @param {import('./tls.js').ContainerTls} [tls] for servers of ours that speak nothing else
 * @throws {Failure} naming the one that cannot be used
 */
export function makeContainerSecrets(stateDirectory, given, tls) {
  refuseLoopback(given);
  const passwords = keep(
    stateDirectory,
    'passwords',
    { postgres: random, rabbitmq: random, cookie: random },
    { postgres: given.POSTGRES_PASSWORD, rabbitmq: given.RABBITMQ_PASSWORD },
  );
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
  for (const service of containerServices())
    layOut(stateDirectory, service, { ...secretsFor(service, secrets), ...trustOf(service, tls, given) });
  rmSync(stateDirectory.path('gateway', 'AMQP_MANAGEMENT_URL'), { force: true }); // which earlier versions gave it, with the administrator's password
}

/** @returns {{ database: string, broker: import('../rabbitmq/users.js').Broker, ours: { database: boolean }, trust: Record<string, string> }} with the administrators' passwords; trust: variables */
export function recordedServers(stateDirectory) {
  const servers = stateDirectory.recall('servers');
  if (servers) return servers;
  throw new Failure('there are no secrets yet', 'docker compose up makes them first.');
}

/** @param {Record<string, string>} databases every service's own URL */
export function layOutDatabases(stateDirectory, databases) {
  for (const [service, url] of Object.entries(databases)) layOut(stateDirectory, service, { DATABASE_URL: url });
}

/** @param {import('../rabbitmq/users.js').Broker} broker which lets the services in */
export function layOutBroker(stateDirectory, broker) {
  for (const service of containerServices())
    layOut(stateDirectory, service, { AMQP_URL: brokerUrlOf(broker, service) });
}

const random = () => randomBytes(24).toString('base64url');

function keep(stateDirectory, name, make, given) {
  const known = stateDirectory.recall(name) ?? {};
  return stateDirectory.remember(
    name,
    Object.fromEntries(Object.keys(make).map((key) => [key, given[key] ?? known[key] ?? make[key]()])),
  );
}

function serversOf({ DATABASE_URL, AMQP_URL, AMQP_MANAGEMENT_URL }, { postgres, rabbitmq }, tls) {
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
function refuseLoopback(given) {
  for (const name of ['DATABASE_URL', 'AMQP_URL', 'AMQP_MANAGEMENT_URL']) {
    const host = URL.canParse(given[name] ?? '') ? new URL(given[name]).hostname : undefined;
    if (LOOPBACK.has(host))
      throw new Failure(
        `${name} names ${host}, which in a container is the container itself`,
        `Unset it, to use the server of docker-compose.yml, or name a host that containers reach.`,
      );
  }
}

/** The public keys stay as they are when the new private one is of one of them: it was announced, and its forerunner is not done with yet. */
function signingSecrets(stateDirectory, { TOKEN_PRIVATE_KEY, TOKEN_PUBLIC_KEY, IDEMPOTENCY_SECRET }) {
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

/** Files of the kind `.env` spell line breaks out. */
const withLines = (pem) => pem.replaceAll('\\n', '\n');

function publicHalf(privateKey) {
  try {
    return createPublicKey(withLines(privateKey)).export({ type: 'spki', format: 'pem' });
  } catch {
    throw new Failure('TOKEN_PRIVATE_KEY is not a private key in PEM form', 'openssl genpkey -algorithm ed25519');
  }
}

/** Read by the broker at every boot, so that a new password counts from its next start. */
function definitions(password) {
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
function hashOf(password) {
  const salt = randomBytes(4);
  return Buffer.concat([salt, createHash('sha256').update(salt).update(password).digest()]).toString('base64');
}

/** Whoever sees such a folder may read it: which container does is decided by where it is mounted. */
function layOut(stateDirectory, folder, files) {
  for (const [name, content] of Object.entries(files)) {
    const file = stateDirectory.path(folder, name);
    writeFileSync(`${file}.draft`, content);
    chmodSync(`${file}.draft`, 0o444);
    renameSync(`${file}.draft`, file);
  }
}
