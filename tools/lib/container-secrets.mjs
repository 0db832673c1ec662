import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { Failure } from './failure.mjs';
import { secretsOf } from './secrets.mjs';
import { credentialsOf } from './service-environment.mjs';
import { databaseServices } from './workspace.mjs';

/** What may be given instead of being made. */
export const GIVEN = ['DATABASE_URL', 'AMQP_URL', 'AMQP_MANAGEMENT_URL', 'POSTGRES_PASSWORD', 'RABBITMQ_PASSWORD', 'TOKEN_PRIVATE_KEY', 'IDEMPOTENCY_SECRET'];

const USER = 'sluice';
const VHOST = 'sluice';

/**
 * Makes the secrets of a system in containers, those that it has not got yet, and lays each container's into a folder of its
 * own: the only one that is mounted there.
 * @param {import('./home.mjs').Home} home the volume of secrets
 * @param {Partial<Record<typeof GIVEN[number], string>>} given what was set by hand; what is not keeps its value
 * @throws {Failure} naming the one that cannot be used
 */
export function makeContainerSecrets(home, given) {
  refuseLoopback(given);
  const passwords = keep(home, 'passwords', { postgres: random, rabbitmq: random }, { postgres: given.POSTGRES_PASSWORD, rabbitmq: given.RABBITMQ_PASSWORD });
  home.remember('servers', serversOf(given, passwords));
  layOut(home, 'postgres', { POSTGRES_PASSWORD: passwords.postgres });
  layOut(home, 'rabbitmq', { 'rabbitmq.conf': BROKER_CONFIGURATION, 'definitions.json': definitions(passwords.rabbitmq) });
  const secrets = signingSecrets(home, given);
  for (const service of ['gateway', ...databaseServices()]) layOut(home, service, credentialsOf(service, { broker: serversOfHome(home).broker, databases: {}, secrets }));
}

/** @returns {{ database: string, broker: { url: string, managementUrl?: string } }} with the administrators' passwords */
export function serversOfHome(home) {
  const servers = home.recall('servers');
  if (servers) return servers;
  throw new Failure('there are no secrets yet', 'docker compose up makes them first.');
}

/** @param {Record<string, string>} databases every service's own URL */
export function layOutDatabases(home, databases) {
  for (const [service, url] of Object.entries(databases)) layOut(home, service, { DATABASE_URL: url });
}

const random = () => randomBytes(24).toString('base64url');

function keep(home, name, make, given) {
  const known = home.recall(name) ?? {};
  return home.remember(name, Object.fromEntries(Object.keys(make).map((key) => [key, given[key] ?? known[key] ?? make[key]()])));
}

function serversOf({ DATABASE_URL, AMQP_URL, AMQP_MANAGEMENT_URL }, { postgres, rabbitmq }) {
  const user = `${USER}:${encodeURIComponent(rabbitmq)}`;
  return {
    database: DATABASE_URL ?? `postgresql://postgres:${encodeURIComponent(postgres)}@postgres:5432/postgres`,
    broker: AMQP_URL ? { url: AMQP_URL, managementUrl: AMQP_MANAGEMENT_URL } : { url: `amqp://${user}@rabbitmq:5672/${VHOST}`, managementUrl: `http://${user}@rabbitmq:15672` },
  };
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The classic mistake: what is "here" on the host is somewhere else in a container. */
function refuseLoopback(given) {
  for (const name of ['DATABASE_URL', 'AMQP_URL', 'AMQP_MANAGEMENT_URL']) {
    const host = URL.canParse(given[name] ?? '') ? new URL(given[name]).hostname : undefined;
    if (LOOPBACK.has(host)) throw new Failure(`${name} names ${host}, which in a container is the container itself`, `Unset it, to use the server of docker-compose.yml, or name a host that containers reach.`);
  }
}

function signingSecrets(home, { TOKEN_PRIVATE_KEY, IDEMPOTENCY_SECRET }) {
  return home.remember('secrets', {
    ...secretsOf(home),
    ...(TOKEN_PRIVATE_KEY && { tokenPrivateKey: TOKEN_PRIVATE_KEY, tokenPublicKey: publicHalf(TOKEN_PRIVATE_KEY) }),
    ...(IDEMPOTENCY_SECRET && { idempotencySecret: IDEMPOTENCY_SECRET }),
  });
}

function publicHalf(privateKey) {
  try {
    return createPublicKey(privateKey.replaceAll('\\n', '\n')).export({ type: 'spki', format: 'pem' }); // .env files spell line breaks out
  } catch {
    throw new Failure('TOKEN_PRIVATE_KEY is not a private key in PEM form', 'openssl genpkey -algorithm ed25519');
  }
}

const BROKER_CONFIGURATION = `load_definitions = /run/secrets/definitions.json
log.console = true
`;

/** Read by the broker at every boot, so that a new password counts from its next start. */
function definitions(password) {
  const user = { name: USER, password_hash: hashOf(password), hashing_algorithm: 'rabbit_password_hashing_sha256', tags: ['administrator'] };
  const everything = { user: USER, vhost: VHOST, configure: '.*', write: '.*', read: '.*' };
  return JSON.stringify({ users: [user], vhosts: [{ name: VHOST }], permissions: [everything] }, null, 2);
}

/** https://www.rabbitmq.com/docs/passwords#computing-password-hash */
function hashOf(password) {
  const salt = randomBytes(4);
  return Buffer.concat([salt, createHash('sha256').update(salt).update(password).digest()]).toString('base64');
}

/** Whoever sees such a folder may read it: which container does is decided by where it is mounted. */
function layOut(home, folder, files) {
  for (const [name, content] of Object.entries(files)) {
    const file = home.path(folder, name);
    writeFileSync(`${file}.draft`, content);
    chmodSync(`${file}.draft`, 0o444);
    renameSync(`${file}.draft`, file);
  }
}
