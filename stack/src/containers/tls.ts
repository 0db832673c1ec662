// @ts-nocheck
/** The variables by which a service verifies its servers, and proves to them who it is. */
export const TRUST = ['AMQP_CA', 'AMQP_CLIENT_CERT', 'AMQP_CLIENT_KEY', 'DATABASE_CA'];

/** Whoever makes databases, queues and users. */
export const ADMINISTRATOR = 'administrator';
/** Every name by which a container may ask for a server of docker-compose.yml; here also by which a server's own tools do. */
const NAMES = { postgres: ['postgres'], rabbitmq: ['broker', 'rabbitmq', 'rabbitmq-2', 'rabbitmq-3'] };
const HERE = ['localhost', '127.0.0.1'];

/**
 * @typedef {object} ContainerTls
 * @property {string} ca
 * @property {Record<'postgres' | 'rabbitmq', import('../services/certificates.js').Certificate>} servers
 * @property {Record<string, import('../services/certificates.js').Certificate>} clients
 */

/**
 * The certificates of a system whose servers speak TLS alone. The authority is kept; what it issues is made anew at every start.
 * @param {import('../state-directory.js').StateDirectory} stateDirectory @param {string[]} services
 * @returns {Promise<ContainerTls>}
 */
export async function makeContainerTls(stateDirectory, services) {
  const { issueClient, issueServer, makeAuthority } = await import('../services/certificates.js');
  const authority =
    stateDirectory.recall('authority') ??
    stateDirectory.remember('authority', await makeAuthority('Sluice in containers'));
  const issued = async (holders, issue) =>
    Object.fromEntries(await Promise.all(holders.map(async (holder) => [holder, await issue(holder)])));
  return {
    ca: authority.cert,
    servers: await issued(Object.keys(NAMES), (server) => issueServer(authority, [...NAMES[server], ...HERE])),
    clients: await issued([ADMINISTRATOR, ...services], (name) => issueClient(authority, name)),
  };
}

/**
 * What somebody verifies the servers by: what was set by hand for servers elsewhere, ours for ours; empty where nothing is verified.
 * @param {string} name of a service, or the administrator @param {ContainerTls | undefined} tls @param {Partial<Record<string, string>>} given
 * @returns {Record<string, string>} variables
 */
export function trustOf(name, tls, given) {
  const broker = tls &&
    !given.AMQP_URL && {
      AMQP_CA: tls.ca,
      AMQP_CLIENT_CERT: tls.clients[name].cert,
      AMQP_CLIENT_KEY: tls.clients[name].key,
    };
  const database = tls && !given.DATABASE_URL && { DATABASE_CA: tls.ca };
  const known = { ...given, ...broker, ...database };
  return Object.fromEntries(TRUST.map((variable) => [variable, known[variable] ?? '']));
}

/** @param {ContainerTls} tls @param {'postgres' | 'rabbitmq'} server */
const filesOf = (tls, server) => ({
  'authority.pem': tls.ca,
  'server.pem': tls.servers[server].cert,
  'server.key': tls.servers[server].key,
});

/** What the container of PostgreSQL needs beside its password. @param {ContainerTls} tls */
export const postgresFiles = (tls) => ({ ...filesOf(tls, 'postgres'), 'pg_hba.conf': HOST_BASED_ACCESS });

/** From another machine with TLS and a password; the socket is inside the container, for setting it up and for backups. */
const HOST_BASED_ACCESS = `local   all all     trust
hostssl all all all scram-sha-256
`;

/** What the container of RabbitMQ needs beside its settings. @param {ContainerTls} tls */
export const rabbitmqFiles = (tls) => filesOf(tls, 'rabbitmq');
