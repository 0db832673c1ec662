import type { Certificate } from '../services/certificates.js';
import type { StateDirectory } from '../state-directory.js';

/** The variables by which a service verifies its servers, and proves to them who it is. */
export const TRUST = ['AMQP_CA', 'AMQP_CLIENT_CERT', 'AMQP_CLIENT_KEY', 'DATABASE_CA'] as const;

/** The client that makes databases, queues and users. */
export const ADMINISTRATOR = 'administrator';
/** Every name by which a container may ask for a server of docker-compose.yml; here also by which a server's own tools do. */
const HERE = ['localhost', '127.0.0.1'] as const;
const NAMES = {
  postgres: ['postgres', ...HERE],
  rabbitmq: ['broker', 'rabbitmq', 'rabbitmq-2', 'rabbitmq-3', ...HERE],
} as const;
type Server = keyof typeof NAMES;

export interface ContainerTls {
  /** The certificate of the authority. */
  ca: string;
  servers: Record<Server, Certificate>;
  /** By service, and the administrator's. */
  clients: Record<string, Certificate>;
}

/** What was set by hand, by variable. */
export type Given = Partial<Record<string, string>>;

/** Certificates for servers that speak TLS alone: new at every start, issued by an authority that is kept. */
export async function makeContainerTls(stateDirectory: StateDirectory, services: string[]): Promise<ContainerTls> {
  const { issueClient, issueServer, makeAuthority } = await import('../services/certificates.js');
  const authority =
    stateDirectory.recall('authority') ??
    stateDirectory.remember('authority', await makeAuthority('Sluice in containers'));
  const clients = [ADMINISTRATOR, ...services].map(async (name) => [name, await issueClient(authority, name)] as const);
  return {
    ca: authority.cert,
    servers: {
      postgres: await issueServer(authority, NAMES.postgres),
      rabbitmq: await issueServer(authority, NAMES.rabbitmq),
    },
    clients: Object.fromEntries(await Promise.all(clients)),
  };
}

/**
 * The variables by which a client verifies the servers: what was set by hand for servers elsewhere, ours for ours; empty where
 * nothing is verified.
 * @param name of a service, or the administrator
 */
export function trustOf(name: string, tls: ContainerTls | undefined, given: Given): Record<string, string> {
  const client = tls?.clients[name];
  const broker = client &&
    !given['AMQP_URL'] && { AMQP_CA: tls.ca, AMQP_CLIENT_CERT: client.cert, AMQP_CLIENT_KEY: client.key };
  const database = tls && !given['DATABASE_URL'] && { DATABASE_CA: tls.ca };
  const known: Given = { ...given, ...broker, ...database };
  return Object.fromEntries(TRUST.map((variable) => [variable, known[variable] ?? '']));
}

const filesOf = (tls: ContainerTls, server: Server): Record<string, string> => ({
  'authority.pem': tls.ca,
  'server.pem': tls.servers[server].cert,
  'server.key': tls.servers[server].key,
});

/** What the container of PostgreSQL needs beside its password. */
export const postgresFiles = (tls: ContainerTls): Record<string, string> => ({
  ...filesOf(tls, 'postgres'),
  'pg_hba.conf': HOST_BASED_ACCESS,
});

/** From another machine with TLS and a password; the socket is inside the container, for setting it up and for backups. */
const HOST_BASED_ACCESS = `local   all all     trust
hostssl all all all scram-sha-256
`;

/** What the container of RabbitMQ needs beside its settings. */
export const rabbitmqFiles = (tls: ContainerTls): Record<string, string> => filesOf(tls, 'rabbitmq');
