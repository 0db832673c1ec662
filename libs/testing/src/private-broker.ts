import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from 'amqplib';
import type { Certificate, ServerTls } from './certificates.js';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';

/** The server's own folders first: on Debian the program on PATH is a wrapper that changes to another user. */
const PLACES = ['/usr/lib/rabbitmq/bin', '/opt/homebrew/opt/rabbitmq/sbin', '/usr/local/opt/rabbitmq/sbin', '/opt/rabbitmq/sbin', ...(process.env['PATH'] ?? '').split(path.delimiter)];
const PROGRAM = PLACES.map((place) => path.join(place, 'rabbitmq-server')).find((file) => existsSync(file));

/** A container's broker cannot be killed from here. */
export const canStartBroker = PROGRAM !== undefined;

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
  close(): Promise<void>;
}

/** With TLS it speaks nothing else, neither AMQP nor management, and asks for a client's certificate. */
export interface PrivateBrokerOptions {
  tls?: ServerTls & { client: Certificate };
}

export async function privateBroker({ tls }: PrivateBrokerOptions = {}): Promise<PrivateBroker> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-broker-'));
  const ports = { amqp: await freePort(), management: await freePort(), dist: await freePort(), epmd: await freePort() };
  const env = configure(folder, ports, tls);
  const url = `amqp${tls ? 's' : ''}://guest:guest@127.0.0.1:${ports.amqp}`;
  const managementUrl = `http${tls ? 's' : ''}://guest:guest@127.0.0.1:${ports.management}`;
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  const start = async (): Promise<void> => {
    child = spawn(PROGRAM ?? '', ['-noinput'], { env, cwd: folder, stdio: 'ignore' });
    await eventually(async () => (await connect(url, { ca: tls?.ca, ...tls?.client })).close(), { withinMs: 90_000 });
    await eventually(() => opens(ports.management), { withinMs: 30_000 });
  };
  const wipe = (): void => {
    rmSync(path.join(folder, 'mnesia'), { recursive: true, force: true });
    mkdirSync(path.join(folder, 'mnesia'));
  };
  const close = async (): Promise<void> => {
    await kill();
    await killEpmd(ports.epmd);
    rmSync(folder, { recursive: true, force: true });
  };
  await start().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { url, managementUrl, kill, start, wipe, close };
}

type Ports = Record<'amqp' | 'management' | 'dist' | 'epmd', number>;

const plain = ({ amqp, management }: Ports): string[] => [`listeners.tcp.local = 127.0.0.1:${amqp}`, 'management.tcp.ip = 127.0.0.1', `management.tcp.port = ${management}`];

function encrypted(folder: string, { amqp, management }: Ports, { ca, server }: ServerTls): string[] {
  const files = { cacertfile: path.join(folder, 'ca.pem'), certfile: path.join(folder, 'server.pem'), keyfile: path.join(folder, 'server.key') };
  writeFileSync(files.cacertfile, ca);
  writeFileSync(files.certfile, server.cert);
  writeFileSync(files.keyfile, server.key);
  const named = (section: string): string[] => Object.entries(files).map(([name, file]) => `${section}.${name} = ${file}`);
  const amqps = ['listeners.tcp = none', `listeners.ssl.local = 127.0.0.1:${amqp}`, ...named('ssl_options'), 'ssl_options.verify = verify_peer', 'ssl_options.fail_if_no_peer_cert = true'];
  return [...amqps, 'management.ssl.ip = 127.0.0.1', `management.ssl.port = ${management}`, ...named('management.ssl')];
}

/** @throws Error while nobody listens there */
async function opens(port: number): Promise<void> {
  const socket = connectTcp({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  socket.destroy();
}

/** RABBITMQ_ALLOW_INPUT makes the start script become the server, so that the child's pid is the server's own. */
function configure(folder: string, ports: Ports, tls: ServerTls | undefined): NodeJS.ProcessEnv {
  const inFolder = (name: string): string => path.join(folder, name);
  for (const name of ['home', 'mnesia', 'log']) mkdirSync(inFolder(name));
  writeFileSync(inFolder('rabbitmq.conf'), [...(tls ? encrypted(folder, ports, tls) : plain(ports)), 'log.file = false', 'disk_free_limit.absolute = 50MB', ''].join('\n'));
  writeFileSync(inFolder('enabled_plugins'), '[rabbitmq_management].\n');
  return {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: inFolder('home'),
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_CRASH_DUMP_SECONDS: '0',
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_NODENAME: 'sluice-test@localhost',
    RABBITMQ_DIST_PORT: String(ports.dist),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    RABBITMQ_MNESIA_BASE: inFolder('mnesia'),
    RABBITMQ_LOG_BASE: inFolder('log'),
    RABBITMQ_PID_FILE: inFolder('pid'),
    RABBITMQ_CONFIG_FILE: inFolder('rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: inFolder('enabled_plugins'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
  };
}

/** Every Erlang node leaves its name server behind; "k" is the name server's own request to end. */
function killEpmd(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connectTcp({ port, host: '127.0.0.1' }, () => socket.write(Buffer.from([0, 1, 'k'.charCodeAt(0)])));
    socket.on('data', () => socket.end()).on('error', () => resolve()).on('close', () => resolve());
    socket.setTimeout(2_000, () => socket.destroy());
  });
}
