import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from 'amqplib';
import { brokerNode, killEpmd, opened } from './broker-node.js';
import type { Certificate, ServerTls } from './certificates.js';
import { eventually } from './eventually.js';
import { freePort } from '@sluice/stack/ports';

/** A broker of this test's own, which it may kill. */
export interface PrivateBroker {
  url: string;
  managementUrl: string;
  /** kill -9, as a power cut would. */
  kill(): Promise<void>;
  /** Boots on the data that is there; resolves when it takes connections. */
  start(): Promise<void>;
  /** Loses the data of a broker that was killed, as a broken disk would. */
  wipe(): void;
  /** Its disk is full, or is no more: in alarm it blocks everybody who publishes. */
  setDiskAlarm(on: boolean): Promise<void>;
  close(): Promise<void>;
}

/** With TLS it speaks nothing else, neither AMQP nor management, and asks for a client's certificate. */
export interface PrivateBrokerOptions {
  tls?: ServerTls & { client: Certificate };
}

export async function privateBroker({ tls }: PrivateBrokerOptions = {}): Promise<PrivateBroker> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-broker-'));
  const ports = {
    amqp: await freePort(),
    management: await freePort(),
    dist: await freePort(),
    epmd: await freePort(),
  };
  const config = tls ? encrypted(folder, ports, tls) : plain(ports);
  const node = brokerNode({
    folder,
    home: path.join(folder, 'home'),
    name: 'sluice-test@localhost',
    ports,
    config,
    plugins: ['rabbitmq_management'],
  });
  const url = `amqp${tls ? 's' : ''}://guest:guest@127.0.0.1:${ports.amqp}`;
  const managementUrl = `http${tls ? 's' : ''}://guest:guest@127.0.0.1:${ports.management}`;
  const start = async (): Promise<void> => {
    node.spawn();
    await eventually(async () => (await connect(url, { ca: tls?.ca, ...tls?.client })).close(), { withinMs: 90_000 });
    await eventually(async () => (await opened(ports.management)).destroy(), { withinMs: 30_000 });
  };
  const close = async (): Promise<void> => {
    await node.kill();
    await killEpmd(ports.epmd);
    rmSync(folder, { recursive: true, force: true });
  };
  await start().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const setDiskAlarm = async (on: boolean): Promise<void> =>
    void (await node.ctl('set_disk_free_limit', on ? '100000GB' : '50MB'));
  return { url, managementUrl, start, close, kill: () => node.kill(), wipe: () => node.wipe(), setDiskAlarm };
}

type Ports = Record<'amqp' | 'management', number>;

const plain = ({ amqp, management }: Ports): string[] => [
  `listeners.tcp.local = 127.0.0.1:${amqp}`,
  'management.tcp.ip = 127.0.0.1',
  `management.tcp.port = ${management}`,
];

function encrypted(folder: string, { amqp, management }: Ports, { ca, server }: ServerTls): string[] {
  const files = {
    cacertfile: path.join(folder, 'ca.pem'),
    certfile: path.join(folder, 'server.pem'),
    keyfile: path.join(folder, 'server.key'),
  };
  writeFileSync(files.cacertfile, ca);
  writeFileSync(files.certfile, server.cert);
  writeFileSync(files.keyfile, server.key);
  const named = (section: string): string[] =>
    Object.entries(files).map(([name, file]) => `${section}.${name} = ${file}`);
  const amqps = [
    'listeners.tcp = none',
    `listeners.ssl.local = 127.0.0.1:${amqp}`,
    ...named('ssl_options'),
    'ssl_options.verify = verify_peer',
    'ssl_options.fail_if_no_peer_cert = true',
  ];
  return [...amqps, 'management.ssl.ip = 127.0.0.1', `management.ssl.port = ${management}`, ...named('management.ssl')];
}
