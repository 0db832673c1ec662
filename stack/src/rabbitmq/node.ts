import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../failure.js';
import { openLog } from '../log-lines.js';
import { commandLineHas, end, identify, isAlive, type ProcessRecord } from '../processes.js';
import { rabbitProgram } from './programs.js';
import {
  ADVANCED_CONFIG,
  configText,
  DISK_FREE_LIMIT,
  plainListeners,
  QUORUM_LOG,
  tlsListeners,
  type Settings,
} from './settings.js';

export interface NodePorts {
  amqp: number;
  /** Of the management API; without it the plugin is off. */
  management?: number;
  /** Between nodes, and for rabbitmqctl. */
  dist: number;
  /** Of Erlang's name server; the nodes of one cluster share it. */
  epmd: number;
}

/** What a node with TLS is made of. PEM. */
export interface NodeTls {
  /** The authority that issued the certificates of the node and of the clients that may come. */
  ca: string;
  server: { cert: string; key: string };
}

export interface NodeOptions {
  /** Of this node alone, for its configuration and data. */
  folder: string;
  ports: NodePorts;
  /** A part of the data's path: of a node whose data is there it must never change. */
  name?: string;
  /** Erlang keeps its cookie there; the nodes of one cluster share it. */
  cookieFolder?: string;
  /** For the node's output; begun anew at every start. */
  logFile?: string;
  /** Settings of rabbitmq.conf besides those that every node has. */
  settings?: Settings;
  /** With TLS it takes nothing else, neither AMQP nor management, and requires a client's certificate. */
  tls?: NodeTls | undefined;
  /** Whether its schedulers spin while they wait for work: that takes cores from other processes. Default: true. */
  busyWaiting?: boolean | undefined;
  /** Whether it survives the process that spawns it, and a signal to its group. Default: true. */
  detached?: boolean | undefined;
}

const NAME = 'sluice@localhost';
const LOOPBACK = '127.0.0.1';
const DISTRIBUTION_ON_LOOPBACK = '-kernel inet_dist_use_interface {127,0,0,1}';
const NO_BUSY_WAITING = '+sbwt none +sbwtdcpu none +sbwtdio none';

/** A node that has not ended so long after its signal is killed. Milliseconds. */
const GRACE_MS = 30_000;

/** One RabbitMQ node of our own, which is an Erlang machine: own folder, cookie, ports and epmd, loopback only. */
export class BrokerNode {
  readonly name: string;
  readonly #options: NodeOptions;
  #spawned: ProcessRecord | undefined;

  /** @param spawned the process of an earlier start */
  constructor(options: NodeOptions, spawned?: ProcessRecord) {
    this.name = options.name ?? NAME;
    this.#options = options;
    this.#spawned = spawned;
  }

  /** Boots on the data that is there. @returns the Erlang machine; undefined when it could not be started */
  spawn(): ProcessRecord | undefined {
    const { folder, detached = true, logFile = this.#inFolder('rabbitmq.log') } = this.#options;
    for (const place of [this.#inFolder('mnesia'), this.#inFolder('log'), this.#cookieFolder])
      mkdirSync(place, { recursive: true, mode: 0o700 });
    this.#writeConfiguration();
    const log = openLog(logFile);
    // RABBITMQ_ALLOW_INPUT makes the script become the server, so that this child's pid is the server's own.
    const options = { env: this.#environment(), cwd: folder, detached };
    const child = spawn(rabbitProgram('rabbitmq-server'), ['-noinput'], { ...options, stdio: ['ignore', log, log] });
    child.on('error', () => {}); // the caller finds no process
    child.unref();
    closeSync(log);
    this.#spawned = identify(child.pid);
    return this.#spawned;
  }

  /** The spawned process; if it was not recorded, that of the pid file whose command line shows this very node. */
  get process(): ProcessRecord | undefined {
    if (isAlive(this.#spawned)) return this.#spawned;
    const file = this.#inFolder('pid');
    const pid = existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : 0;
    return pid && commandLineHas(pid, this.#options.folder) ? identify(pid) : undefined;
  }

  /** Runs `rabbitmqctl`, which takes a second of a core. @returns what it prints on stdout @throws {Failure} */
  async control(...args: string[]): Promise<string> {
    const options = { env: this.#environment(), cwd: this.#options.folder };
    const { stdout } = await promisify(execFile)(rabbitProgram('rabbitmqctl'), ['--quiet', ...args], options).catch(
      (error: Error & { stderr?: string }) => {
        throw new Failure(`rabbitmqctl ${args[0]} failed`, undefined, error.stderr ?? error.message);
      },
    );
    return stdout;
  }

  /** Ends the node and then its epmd, the name server that every Erlang node leaves behind. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await end(this.process, { signal, graceMs: GRACE_MS });
    await killEpmd(this.#options.ports.epmd);
  }

  /** Ends the node as a power cut would. */
  kill(): Promise<void> {
    return end(this.process, { signal: 'SIGKILL' });
  }

  /** Removes the data of a node that has ended. */
  wipe(): void {
    rmSync(this.#inFolder('mnesia'), { recursive: true, force: true });
  }

  get #cookieFolder(): string {
    return this.#options.cookieFolder ?? this.#inFolder('home');
  }

  #inFolder(name: string): string {
    return path.join(this.#options.folder, name);
  }

  #writeConfiguration(): void {
    const { settings = {}, ports } = this.#options;
    const all: Settings = {
      ...this.#listeners(),
      ...QUORUM_LOG,
      ...settings,
      'disk_free_limit.absolute': DISK_FREE_LIMIT,
      'log.file': false, // its output is a file: see `spawn`
      'log.console': true,
      'log.console.level': 'info',
    };
    this.#write('rabbitmq.conf', configText(all));
    this.#write('advanced.config', ADVANCED_CONFIG);
    this.#write('enabled_plugins', `[${ports.management === undefined ? '' : 'rabbitmq_management'}].\n`);
  }

  #listeners(): Settings {
    const { tls, ports } = this.#options;
    const listeners = { ip: LOOPBACK, amqp: ports.amqp, management: ports.management };
    if (!tls) return plainListeners(listeners);
    return tlsListeners(listeners, {
      cacertfile: this.#write('ca.pem', tls.ca),
      certfile: this.#write('server.pem', tls.server.cert),
      keyfile: this.#write('server.key', tls.server.key),
    });
  }

  #write(name: string, text: string): string {
    writeFileSync(this.#inFolder(name), text, { mode: 0o600 });
    return this.#inFolder(name);
  }

  /** Nothing of the caller's environment but PATH: RABBITMQ_* variables of a system service would change the node. */
  #environment(): NodeJS.ProcessEnv {
    const { ports, busyWaiting = true } = this.#options;
    return {
      PATH: process.env['PATH'],
      LANG: 'C.UTF-8',
      HOME: this.#cookieFolder,
      ERL_EPMD_PORT: String(ports.epmd),
      ERL_EPMD_ADDRESS: LOOPBACK,
      ERL_CRASH_DUMP_SECONDS: '0',
      RABBITMQ_ALLOW_INPUT: '1',
      RABBITMQ_NODENAME: this.name,
      RABBITMQ_DIST_PORT: String(ports.dist),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `${DISTRIBUTION_ON_LOOPBACK}${busyWaiting ? '' : ` ${NO_BUSY_WAITING}`}`,
      RABBITMQ_CTL_ERL_ARGS: DISTRIBUTION_ON_LOOPBACK,
      RABBITMQ_MNESIA_BASE: this.#inFolder('mnesia'),
      RABBITMQ_LOG_BASE: this.#inFolder('log'),
      RABBITMQ_PID_FILE: this.#inFolder('pid'),
      RABBITMQ_CONFIG_FILE: this.#inFolder('rabbitmq.conf'),
      RABBITMQ_ADVANCED_CONFIG_FILE: this.#inFolder('advanced.config'),
      RABBITMQ_ENABLED_PLUGINS_FILE: this.#inFolder('enabled_plugins'),
      RABBITMQ_CONF_ENV_FILE: '/dev/null',
    };
  }
}

/** EPMD's own request "kill", which it takes only from this machine and only when no node is registered any more. */
function killEpmd(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: LOOPBACK }, () => socket.write(Buffer.from([0, 1, 'k'.charCodeAt(0)])));
    socket
      .on('data', () => socket.end())
      .on('error', () => resolve())
      .on('close', () => resolve());
    socket.setTimeout(2_000, () => socket.destroy());
  });
}
