import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { layOutBroker, layOutDatabases, makeContainerSecrets, recordedServers } from '../containers/secrets.js';
import type { Given } from '../containers/tls.js';
import { databaseName } from '../databases/databases.js';
import { Failure } from '../failure.js';
import { ADMINISTRATOR, VHOST } from '../rabbitmq/settings.js';
import { brokerPasswords, loadTopology, type Broker } from '../rabbitmq/users.js';
import { StateDirectory, type ContainerServers } from '../state-directory.js';
import { allServices, databaseServices } from '../workspace.js';

/** A Secret as kubectl reads it. */
export interface Secret {
  apiVersion: 'v1';
  kind: 'Secret';
  metadata: { name: string; labels: Record<string, string> };
  type: string;
  stringData: Record<string, string>;
}

/** The folders below deploy/kubernetes/overlays. */
export const OVERLAYS = ['development', 'production', 'own-servers'] as const;
export type Overlay = (typeof OVERLAYS)[number];

/** The Secret with all that was made, from which the steps before the services work, and all others follow. */
export const SETUP = 'setup';
/** The broker's user of an autoscaler, made by the step `topology`. */
export const MONITORING_USER = 'keda';
const NAMESPACE = 'sluice';

export interface KubernetesSecrets {
  overlay: Overlay;
  /** What was set by hand. */
  given: Given;
  /** The files of the Secret `setup`, by name; empty for a new system. */
  known: Record<string, string>;
  /** Services that get new passwords. */
  rotate?: readonly string[];
}

/**
 * The Secrets of a system in Kubernetes: what `known` does not have is made, the rest stays. Every pod gets the Secret of its
 * own name and no other; the steps get `setup`.
 * @throws {Failure} naming what cannot be used
 */
export async function kubernetesSecrets({ overlay, given, known, rotate = [] }: KubernetesSecrets): Promise<Secret[]> {
  const stateDirectory = new StateDirectory(mkdtempSync(path.join(tmpdir(), 'kubernetes-secrets-')));
  try {
    for (const [file, content] of Object.entries(known))
      writeFileSync(stateDirectory.path(file), content, { mode: 0o600 });
    for (const service of rotate) forgetPasswords(stateDirectory, service);
    return await secretsIn(stateDirectory, overlay, given);
  } finally {
    rmSync(stateDirectory.dir, { recursive: true });
  }
}

function forgetPasswords(stateDirectory: StateDirectory, service: string): void {
  if (!allServices().includes(service)) throw new Failure(`there is no service ${service}`);
  const users = Object.entries(stateDirectory.recall('broker-users') ?? {}).filter(([name]) => name !== service);
  stateDirectory.remember('broker-users', Object.fromEntries(users));
  stateDirectory.remember('databases', { ...stateDirectory.recall('databases'), [databaseName(service)]: undefined });
}

async function secretsIn(stateDirectory: StateDirectory, overlay: Overlay, given: Given): Promise<Secret[]> {
  if (overlay === 'own-servers') requireAddresses(given);
  makeContainerSecrets(stateDirectory, given);
  const servers = serversOf(overlay, stateDirectory);
  const broker = await withPasswords(stateDirectory, servers.broker);
  layOutBroker(stateDirectory, broker);
  layOutDatabases(stateDirectory, databaseUrls(stateDirectory, servers.database));
  return [
    secret(SETUP, filesOf(stateDirectory.dir)),
    ...allServices().map((service) => secret(service, filesOf(path.join(stateDirectory.dir, service)))),
    ...serverSecrets(overlay, stateDirectory),
    ...(overlay === 'development' ? [] : [secret(MONITORING_USER, autoscalerAccess(broker, given))]),
  ];
}

/** The steps make roles and users with the passwords of `setup`: only an administrator may. */
function requireAddresses(given: Given): void {
  const missing = ['DATABASE_URL', 'AMQP_URL', 'AMQP_MANAGEMENT_URL'].filter((name) => !given[name]);
  if (missing.length > 0)
    throw new Failure(
      `${missing.join(', ')} not set`,
      'Name your servers, with users who may make databases, roles, queues and users: docs/kubernetes.md.',
    );
}

/** Where the servers of an overlay are, as their administrators reach them. */
function serversOf(overlay: Overlay, stateDirectory: StateDirectory): ContainerServers {
  const servers = recordedServers(stateDirectory);
  if (overlay !== 'production') return servers;
  const { postgres, rabbitmq } = stateDirectory.recall('passwords') ?? { postgres: '', rabbitmq: '' };
  const user = `${ADMINISTRATOR}:${encodeURIComponent(rabbitmq)}`;
  return stateDirectory.remember('servers', {
    ...servers,
    database: `postgresql://postgres:${encodeURIComponent(postgres)}@postgres-rw:5432/postgres?sslmode=verify-full`,
    broker: { url: `amqps://${user}@broker:5671/${VHOST}`, managementUrl: `https://${user}@broker:15671` },
    ours: { database: false }, // its operator's exporter connects as everybody may
  });
}

async function withPasswords(stateDirectory: StateDirectory, broker: Broker): Promise<Broker> {
  const { usersOf, WORK } = await loadTopology();
  const names = [...usersOf(WORK).map(({ name }) => name), MONITORING_USER];
  return { ...broker, passwords: brokerPasswords(stateDirectory, names) };
}

/** Each service's URL, by a role with its password, which the step `databases` makes. */
function databaseUrls(stateDirectory: StateDirectory, adminUrl: string): Record<string, string> {
  const known = stateDirectory.recall('databases') ?? {};
  const passwords = Object.fromEntries(
    databaseServices().map((service) => [databaseName(service), known[databaseName(service)] ?? randomPassword()]),
  );
  stateDirectory.remember('databases', { ...known, ...passwords });
  return Object.fromEntries(
    databaseServices().map((service) => {
      const name = databaseName(service);
      const url = Object.assign(new URL(adminUrl), { username: name, password: passwords[name], pathname: `/${name}` });
      return [service, url.href];
    }),
  );
}

const randomPassword = (): string => randomBytes(18).toString('base64url');

/** What the servers themselves read: ours of `development`, or those that operators run. */
function serverSecrets(overlay: Overlay, stateDirectory: StateDirectory): Secret[] {
  const { postgres, rabbitmq } = stateDirectory.recall('passwords') ?? { postgres: '', rabbitmq: '' };
  if (overlay === 'own-servers') return [];
  if (overlay === 'production')
    return [
      secret('broker-administrator', administratorOf(rabbitmq)),
      secret('postgres-superuser', { username: 'postgres', password: postgres }, 'kubernetes.io/basic-auth'),
    ];
  return [
    secret('broker', filesOf(path.join(stateDirectory.dir, 'rabbitmq'))),
    secret('postgres', filesOf(path.join(stateDirectory.dir, 'postgres'))),
  ];
}

/** https://github.com/rabbitmq/cluster-operator, docs/examples/external-admin-secret-credentials */
const administratorOf = (password: string): Record<string, string> => ({
  'default_user.conf': `default_user = ${ADMINISTRATOR}\ndefault_pass = ${password}\n`,
  username: ADMINISTRATOR,
  password,
  host: `broker.${NAMESPACE}.svc`,
  port: '5671',
  provider: 'rabbitmq',
  type: 'rabbitmq',
});

/** KEDA's trigger reads the management API from another namespace; the vhost is the path. */
function autoscalerAccess({ url, managementUrl = '', passwords = {} }: Broker, given: Given): Record<string, string> {
  const host = Object.assign(new URL(managementUrl), {
    username: MONITORING_USER,
    password: passwords[MONITORING_USER],
    pathname: new URL(url).pathname,
  });
  if (host.hostname === 'broker') host.hostname = `broker.${NAMESPACE}.svc`;
  return { host: host.href, tls: host.protocol === 'https:' ? 'enable' : 'disable', ca: given['AMQP_CA'] ?? '' };
}

const secret = (name: string, stringData: Record<string, string>, type = 'Opaque'): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, labels: { 'app.kubernetes.io/part-of': 'sluice' } },
  type,
  stringData,
});

/** The files of a folder, not those of the folders in it. */
const filesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(path.join(folder, name), 'utf8')]),
  );

/**
 * The files of a Secret that `kubectl get secret setup -o json` printed.
 * @throws {Failure} when it is none
 */
export function filesOfSecret(text: string): Record<string, string> {
  try {
    const { kind, data } = JSON.parse(text) as { kind?: string; data?: Record<string, string> };
    if (kind === 'Secret' && data)
      return Object.fromEntries(
        Object.entries(data).map(([name, value]) => [name, Buffer.from(value, 'base64').toString()]),
      );
  } catch {
    // The parser's error would repeat a part of the Secret.
  }
  throw new Failure(
    'stdin holds no Secret',
    `kubectl -n ${NAMESPACE} get secret ${SETUP} -o json | ...; --new without`,
  );
}
