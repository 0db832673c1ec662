import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';

/** The server's own folders first: on Debian the program on PATH is a wrapper that changes to another user. */
const PLACES = [
  '/usr/lib/rabbitmq/bin',
  '/opt/homebrew/opt/rabbitmq/sbin',
  '/usr/local/opt/rabbitmq/sbin',
  '/opt/rabbitmq/sbin',
  ...(process.env['PATH'] ?? '').split(path.delimiter),
];
const PLACE = PLACES.find((place) => existsSync(path.join(place, 'rabbitmq-server')));
const program = (name: string): string => path.join(PLACE ?? '', name);

/** A container's broker cannot be killed from here. */
export const canStartBroker = PLACE !== undefined;

/** One Erlang machine with a RabbitMQ in it, started and killed by a test. */
export interface BrokerNode {
  readonly name: string;
  /** Boots on the data that is there; resolves before it takes connections. */
  spawn(): void;
  /** kill -9, as a power cut would. */
  kill(): Promise<void>;
  /** Loses the data of a node that was killed, as a broken disk would. */
  wipe(): void;
  /** What `rabbitmqctl` says about it: a second of a core a call. */
  ctl(...args: string[]): Promise<string>;
}

export interface BrokerNodeOptions {
  /** Of its own, for its data. */
  folder: string;
  /** Where Erlang keeps the cookie: nodes of one cluster share it. */
  home: string;
  name: string;
  ports: Readonly<Record<'dist' | 'epmd', number>>;
  /** Lines of rabbitmq.conf. */
  config: readonly string[];
  plugins?: readonly string[];
}

export function brokerNode({ folder, home, name, ports, config, plugins = [] }: BrokerNodeOptions): BrokerNode {
  const inFolder = (file: string): string => path.join(folder, file);
  for (const directory of [home, inFolder('mnesia'), inFolder('log')]) mkdirSync(directory, { recursive: true });
  writeFileSync(
    inFolder('rabbitmq.conf'),
    [...config, 'log.file = false', 'disk_free_limit.absolute = 50MB', ''].join('\n'),
  );
  writeFileSync(inFolder('enabled_plugins'), `[${plugins.join(', ')}].\n`);
  const env = environment({ folder, home, name, ports });
  let child: ChildProcess | undefined;
  return {
    name,
    spawn: () => void (child = spawn(program('rabbitmq-server'), ['-noinput'], { env, cwd: folder, stdio: 'ignore' })),
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
    wipe() {
      rmSync(inFolder('mnesia'), { recursive: true, force: true });
      mkdirSync(inFolder('mnesia'));
    },
    ctl: async (...args) =>
      (await promisify(execFile)(program('rabbitmqctl'), ['-n', name, '--quiet', ...args], { env, cwd: folder }))
        .stdout,
  };
}

const LOOPBACK = '-kernel inet_dist_use_interface {127,0,0,1}';
/** Its schedulers would spin for work, on cores that the test and other nodes need. */
const NO_SPINNING = '+sbwt none +sbwtdcpu none +sbwtdio none';
/** As the broker of `npm start`: an expired message whose target was not up yet is tried again after 5 s instead of 180 s. */
const DEAD_LETTERS_AGAIN = '-rabbit dead_letter_worker_publisher_confirm_timeout 5000';

/** RABBITMQ_ALLOW_INPUT makes the start script become the server, so that the child's pid is the server's own. */
function environment({
  folder,
  home,
  name,
  ports,
}: Pick<BrokerNodeOptions, 'folder' | 'home' | 'name' | 'ports'>): NodeJS.ProcessEnv {
  const inFolder = (file: string): string => path.join(folder, file);
  return {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: home,
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_CRASH_DUMP_SECONDS: '0',
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_NODENAME: name,
    RABBITMQ_DIST_PORT: String(ports.dist),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `${LOOPBACK} ${NO_SPINNING} ${DEAD_LETTERS_AGAIN}`,
    RABBITMQ_CTL_ERL_ARGS: LOOPBACK,
    RABBITMQ_MNESIA_BASE: inFolder('mnesia'),
    RABBITMQ_LOG_BASE: inFolder('log'),
    RABBITMQ_PID_FILE: inFolder('pid'),
    RABBITMQ_CONFIG_FILE: inFolder('rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: inFolder('enabled_plugins'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
  };
}

/** @throws Error while nobody listens there */
export async function opened(port: number): Promise<Socket> {
  const socket = connectTcp({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  return socket;
}

/** Every Erlang node leaves its name server behind; "k" is the name server's own request to end. */
export function killEpmd(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connectTcp({ port, host: '127.0.0.1' }, () => socket.write(Buffer.from([0, 1, 'k'.charCodeAt(0)])));
    socket
      .on('data', () => socket.end())
      .on('error', () => resolve())
      .on('close', () => resolve());
    socket.setTimeout(2_000, () => socket.destroy());
  });
}
