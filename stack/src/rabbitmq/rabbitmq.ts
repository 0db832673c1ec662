import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../failure.js';
import { accepts, freePorts } from '../ports.js';
import { hasEnded, processorMs, type ProcessRecord } from '../processes.js';
import { ProgressDeadline } from '../progress-deadline.js';
import { makeOutside, outsideOf } from '../reachable.js';
import { lastLines } from '../run.js';
import type { RabbitState, StateDirectory } from '../state-directory.js';
import { containerLog, containerRuns, endContainer, removeVolume, runContainer } from './container.js';
import { BrokerNode, type NodeOptions } from './node.js';
import { dockerAnswers, findRabbit, installRabbit } from './programs.js';
import { ADMINISTRATOR, VHOST } from './settings.js';

/** Usually 4 to 10 s; longer on a busy machine, or with many messages to recover: waited for while it computes. */
const READY = { idleMs: 90_000, atMostMs: 600_000 };

export interface RabbitAddress {
  /** amqp://, of the administrator. */
  url: string;
  /** http://, with user and password. */
  managementUrl: string;
}

/** The private broker of a state directory. */
export interface Rabbit extends RabbitAddress {
  /** Absent in a container. */
  process: ProcessRecord | undefined;
  /** Resolves when the broker has ended, for whatever reason. */
  ended: Promise<unknown>;
  stop(): Promise<void>;
}

type NodeChoices = Pick<NodeOptions, 'tls' | 'busyWaiting' | 'detached'>;

export interface RabbitOptions extends NodeChoices {
  note?: (what: string) => void;
  /** Called with the address before the broker is ready. */
  starting?: (address: RabbitAddress) => void;
}

/** Of a broker that was started at least once. */
type Started = RabbitState & Required<Pick<RabbitState, 'ports'>>;

/** Starts a private RabbitMQ, or takes over the one that an earlier start left behind. */
export async function startRabbit(
  stateDirectory: StateDirectory,
  { note = () => {}, starting = () => {}, ...options }: RabbitOptions = {},
): Promise<Rabbit> {
  const state = stateDirectory.once('rabbitmq', () => ({
    user: ADMINISTRATOR,
    password: randomBytes(18).toString('base64url'),
  }));
  if (wasStarted(state) && (await takeOver(stateDirectory, state, options)))
    return rabbitOf(stateDirectory, state, options);
  const container = await needsContainer(note);
  const ports = await freePorts(['amqp', 'management', 'dist', 'epmd'], state.ports);
  const chosen = stateDirectory.remember('rabbitmq', { ...state, ports, container });
  starting(addressOf(chosen, options));
  if (container) await runContainer(stateDirectory, chosen);
  else spawnNode(stateDirectory, chosen, options);
  await requireReady(stateDirectory, chosen, options);
  return rabbitOf(stateDirectory, chosen, options);
}

const wasStarted = (state: RabbitState | undefined): state is Started => state?.ports !== undefined;

export async function runningRabbit(stateDirectory: StateDirectory): Promise<Rabbit | undefined> {
  const state = stateDirectory.recall('rabbitmq');
  return wasStarted(state) && (await isRunning(stateDirectory, state)) ? rabbitOf(stateDirectory, state) : undefined;
}

/** The process of the broker that runs for this state directory; undefined also when that is in a container. */
export const runningNode = (stateDirectory: StateDirectory): ProcessRecord | undefined =>
  nodeOf(stateDirectory)?.process;

/** Runs `rabbitmqctl` with these arguments for the running broker, which takes a second. @returns what it prints */
export async function brokerControl(stateDirectory: StateDirectory, ...args: string[]): Promise<string> {
  const node = nodeOf(stateDirectory);
  if (!node) throw new Failure('there is no RabbitMQ to control');
  return node.control(...args);
}

/** Ends a broker that an earlier start left behind, and its epmd. */
export async function endRabbit(stateDirectory: StateDirectory, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (stateDirectory.recall('rabbitmq')?.container) await endContainer(stateDirectory);
  else await nodeOf(stateDirectory)?.end(signal);
}

/** Removes its data. It must have ended. */
export async function removeRabbit(stateDirectory: StateDirectory): Promise<void> {
  if (stateDirectory.recall('rabbitmq')?.container) await removeVolume(stateDirectory);
  rmSync(folderOf(stateDirectory), { recursive: true, force: true });
}

/** Erlang takes a path of its environment as Latin-1: with other letters in it the node dies while it boots. */
const BEYOND_LATIN_1 = /[\u0100-\uffff]/;

const isOutside = ({ dir }: StateDirectory): boolean => BEYOND_LATIN_1.test(dir);

/** Where the broker keeps configuration and data. */
export const folderOf = (stateDirectory: StateDirectory): string =>
  path.join(isOutside(stateDirectory) ? outsideOf(stateDirectory.dir) : stateDirectory.dir, 'rabbitmq');

const logOf = (stateDirectory: StateDirectory): string => stateDirectory.path('logs', 'rabbitmq.log');

/** The broker as a node; undefined when none was ever started. */
function nodeOf(
  stateDirectory: StateDirectory,
  options: NodeChoices = {},
  state = stateDirectory.recall('rabbitmq'),
): BrokerNode | undefined {
  if (!wasStarted(state)) return undefined;
  const settings = {
    default_vhost: VHOST,
    default_user: state.user,
    default_pass: state.password,
    'default_user_tags.administrator': true,
  };
  const own = { folder: folderOf(stateDirectory), ports: state.ports, logFile: logOf(stateDirectory), settings };
  return new BrokerNode({ ...own, ...options }, state.process);
}

function spawnNode(stateDirectory: StateDirectory, state: Started, options: NodeChoices): void {
  if (isOutside(stateDirectory)) makeOutside(outsideOf(stateDirectory.dir));
  const process = nodeOf(stateDirectory, options, state)?.spawn();
  if (process) stateDirectory.remember('rabbitmq', { ...state, process });
}

/** Installs RabbitMQ where there is neither that nor Docker. @returns whether the broker must run in a container */
async function needsContainer(note: (what: string) => void): Promise<boolean> {
  if (findRabbit()) return false;
  if (await dockerAnswers()) return true;
  await installRabbit(note);
  return false;
}

const isRunning = async (stateDirectory: StateDirectory, { container }: RabbitState): Promise<boolean> =>
  container ? containerRuns(stateDirectory) : runningNode(stateDirectory) !== undefined;

/** Waits for a broker that still boots, and ends one that refuses our password. @returns whether it is ready */
async function takeOver(stateDirectory: StateDirectory, state: Started, options: NodeChoices): Promise<boolean> {
  const alive = await isRunning(stateDirectory, state);
  if (alive && (await becomesReady(stateDirectory, state, options))) return true;
  await endRabbit(stateDirectory); // also the epmd of a broker that was killed
  return false;
}

async function requireReady(stateDirectory: StateDirectory, state: Started, options: NodeChoices): Promise<void> {
  if (await becomesReady(stateDirectory, state, options)) return;
  const output = await outputOf(stateDirectory, state);
  await endRabbit(stateDirectory);
  throw new Failure('RabbitMQ did not start', `Its log: ${logOf(stateDirectory)}`, lastLines(output, 20));
}

async function outputOf(stateDirectory: StateDirectory, { container }: RabbitState): Promise<string> {
  if (container) return containerLog(stateDirectory);
  const log = logOf(stateDirectory);
  return existsSync(log) ? readFileSync(log, 'utf8') : '';
}

async function becomesReady(stateDirectory: StateDirectory, state: Started, options: NodeChoices): Promise<boolean> {
  const deadline = new ProgressDeadline({
    ...READY,
    progress: () => ({ processorMs: state.container ? undefined : processorMs(runningNode(stateDirectory)?.pid) }),
  });
  for (; !deadline.isOver && (await isRunning(stateDirectory, state)); await sleep(state.container ? 500 : 50)) {
    if (await isReady(state, options)) return true;
  }
  return false;
}

/** By its ports: rabbitmqctl takes a second. With TLS the management API requires trust that only the caller has. */
const isReady = async (state: Started, { tls }: NodeChoices): Promise<boolean> =>
  (await accepts(state.ports.amqp)) && (tls ? accepts(state.ports.management) : managementAnswers(state));

const addressOf = ({ user, password, ports }: Started, { tls }: NodeChoices = {}): RabbitAddress => ({
  url: `amqp${tls ? 's' : ''}://${user}:${password}@127.0.0.1:${ports.amqp}/${VHOST}`,
  managementUrl: `http${tls ? 's' : ''}://${user}:${password}@127.0.0.1:${ports.management}`,
});

async function managementAnswers({ user, password, ports }: Started): Promise<boolean> {
  const headers = { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  const answer = await fetch(`http://127.0.0.1:${ports.management}/api/whoami`, {
    headers,
    signal: AbortSignal.timeout(5_000),
  }).catch(() => undefined);
  return answer?.ok ?? false;
}

function rabbitOf(stateDirectory: StateDirectory, state: Started, options: NodeChoices = {}): Rabbit {
  const process = state.container ? undefined : runningNode(stateDirectory);
  return {
    ...addressOf(state, options),
    process,
    ended: process ? hasEnded(process) : containerEnds(stateDirectory),
    stop: () => endRabbit(stateDirectory),
  };
}

async function containerEnds(stateDirectory: StateDirectory): Promise<void> {
  while (await containerRuns(stateDirectory)) await sleep(2_000);
}
