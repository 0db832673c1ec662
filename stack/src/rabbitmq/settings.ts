/**
 * The one place of RabbitMQ's settings: for the broker of `npm start`, of the tests and of chaos (node.ts), and for
 * the nodes of docker-compose.yml (stack/src/containers/).
 */

/** Settings of rabbitmq.conf, by name: https://www.rabbitmq.com/docs/configure#config-file */
export type Settings = Readonly<Record<string, string | number | boolean>>;

export const configText = (settings: Settings): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');

/** The vhost of a broker of our own, and its administrator. */
export const VHOST = 'sluice';
export const ADMINISTRATOR = 'sluice';

/** With less free disk a broker blocks its publishers: https://www.rabbitmq.com/docs/disk-alarms */
export const DISK_FREE_LIMIT = '200MB';

/**
 * Bytes of quorum queues' log after which entries of living messages move to the queues' own files. Until then all
 * entries stay in memory, also those of messages that were consumed; by default that is up to 512 MB, three times over
 * while it moves (https://www.rabbitmq.com/docs/quorum-queues#resource-use).
 */
export const QUORUM_LOG: Settings = { 'raft.wal_max_size_bytes': 64 * 1024 * 1024 };

/** Variables of the Erlang application `rabbit` for which rabbitmq.conf has no name. */
const RABBIT_VARIABLES = {
  /** When a dead letter whose target was missing, as after a crash, is published again. ms; by default 180,000. */
  dead_letter_worker_publisher_confirm_timeout: 5_000,
};

export const ADVANCED_CONFIG = `[{rabbit, [${Object.entries(RABBIT_VARIABLES)
  .map(([name, value]) => `{${name}, ${value}}`)
  .join(', ')}]}].\n`;

/** The same for RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS, where there is no such file: in containers. */
export const ERLANG_ARGUMENTS = Object.entries(RABBIT_VARIABLES)
  .map(([name, value]) => `-rabbit ${name} ${value}`)
  .join(' ');

/** In a cluster that falls apart, the smaller part stops: two parts that go on would have to be merged by hand. */
const PAUSE_MINORITY: Settings = { cluster_partition_handling: 'pause_minority' };

/** A node without data joins whichever of these runs. The list must contain the node itself, or it is not used. */
const peers = (nodes: readonly string[]): Settings => ({
  'cluster_formation.peer_discovery_backend': 'classic_config',
  ...Object.fromEntries(nodes.map((node, index) => [`cluster_formation.classic_config.nodes.${index + 1}`, node])),
});

export const clusterSettings = (nodes: readonly string[]): Settings => ({ ...PAUSE_MINORITY, ...peers(nodes) });

/** Publishers are blocked at 60 % of the container's memory (docker-compose.yml), not of the machine's. */
const IN_CONTAINER: Settings = {
  'log.console': true,
  ...QUORUM_LOG,
  ...PAUSE_MINORITY,
  'vm_memory_high_watermark.absolute': '2400MB',
};

/** The first node of the cluster in docker-compose.yml, which makes users and vhost. */
export const FIRST_CONTAINER: Settings = { ...IN_CONTAINER, load_definitions: '/run/secrets/definitions.json' };

export const JOINING_CONTAINER: Settings = {
  ...IN_CONTAINER,
  ...peers(['rabbitmq', 'rabbitmq-2', 'rabbitmq-3'].map((host) => `rabbit@${host}`)),
};

export interface Listeners {
  /** The address of both; every address by default. */
  ip?: string;
  amqp: number;
  /** Of the management API; absent where its plugin is off. */
  management?: number | undefined;
}

export const plainListeners = (listeners: Listeners): Settings => ({
  'listeners.tcp.default': amqpAddress(listeners),
  ...managementListener('management.tcp', listeners),
});

/** Files in PEM form. */
export type TlsFiles = Readonly<Record<'cacertfile' | 'certfile' | 'keyfile', string>>;

/** TLS and nothing else: clients show a certificate; to the management API their password is enough. */
export const tlsListeners = (listeners: Listeners, files: TlsFiles): Settings => ({
  'listeners.tcp': 'none',
  'listeners.ssl.default': amqpAddress(listeners),
  ...prefixed('ssl_options', files),
  'ssl_options.verify': 'verify_peer',
  'ssl_options.fail_if_no_peer_cert': true,
  ...managementListener('management.ssl', listeners),
  ...prefixed('management.ssl', files),
});

const amqpAddress = ({ ip, amqp }: Listeners): string | number => (ip === undefined ? amqp : `${ip}:${amqp}`);

const managementListener = (section: string, { ip, management }: Listeners): Settings =>
  management === undefined ? {} : prefixed(section, { ...(ip !== undefined && { ip }), port: management });

const prefixed = (section: string, settings: Settings): Settings =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [`${section}.${name}`, value]));

/** Of a node in docker-compose.yml with deploy/tls. */
export const CONTAINER_TLS: Settings = tlsListeners(
  { amqp: 5671, management: 15671 },
  {
    cacertfile: '/run/secrets/authority.pem',
    certfile: '/run/secrets/server.pem',
    keyfile: '/run/secrets/server.key',
  },
);
