// @ts-nocheck
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../failure.js';
import { accepts, freePorts } from '../ports.js';
import { ProgressDeadline } from '../progress-deadline.js';
import { hasEnded, processorMs } from '../processes.js';
import { containerLog, containerRuns, endContainer, removeVolume, runContainer } from './container.js';
import { endNode, folderOf, runningNode, spawnNode, VHOST } from './node.js';
import { dockerAnswers, findRabbit, installRabbit } from './programs.js';
import { lastLines } from '../run.js';

/** 4 to 10 s are usual. A busy machine, or a node that recovers many messages, takes longer: it is waited for while it computes. */
const READY = { idleMs: 90_000, atMostMs: 600_000 };

/**
 * @typedef {object} Rabbit
 * @property {string} url amqp://, of the administrator
 * @property {string} managementUrl http://, with user and password
 * @property {import('../processes.js').ProcessRecord} [process] none in a container
 * @property {Promise<unknown>} ended resolves when the broker has ended, whoever ended it
 * @property {() => Promise<void>} stop
 */

/**
 * Starts a private RabbitMQ, or takes over the one that an earlier start left behind.
 * @param {import('../state-directory.js').StateDirectory} stateDirectory
 * @param {object} [options]
 * @param {(what: string) => void} [options.note] @param {(address: { url: string, managementUrl: string }) => void} [options.starting] told where it will be
 * @returns {Promise<Rabbit>}
 */
export async function startRabbit(stateDirectory, { note = () => {}, starting = () => {} } = {}) {
  const state = stateDirectory.once('rabbitmq', () => ({
    user: 'sluice',
    password: randomBytes(18).toString('base64url'),
  }));
  const left = await takeOver(stateDirectory, state);
  if (left) return handle(stateDirectory, left);
  const programs = findRabbit() ?? ((await dockerAnswers()) ? undefined : await installRabbit(note));
  const ports = await freePorts(['amqp', 'management', 'dist', 'epmd'], state.ports);
  const chosen = stateDirectory.remember('rabbitmq', { ...state, ports, container: programs === undefined });
  starting(addressOf(chosen));
  if (chosen.container) await runContainer(stateDirectory, chosen);
  else stateDirectory.remember('rabbitmq', { ...chosen, process: spawnNode(stateDirectory, chosen, programs) });
  await whenReady(stateDirectory, chosen);
  return handle(stateDirectory, chosen);
}

/** @returns {Promise<Rabbit | undefined>} the broker that runs for this home */
export async function runningRabbit(stateDirectory) {
  const state = stateDirectory.recall('rabbitmq');
  return state?.ports && (await lives(stateDirectory, state)) ? handle(stateDirectory, state) : undefined;
}

/** Ends a broker that an earlier start left behind, and its epmd. */
export async function endRabbit(stateDirectory, signal = /** @type {NodeJS.Signals} */ 'SIGTERM') {
  const state = stateDirectory.recall('rabbitmq');
  if (state?.container) await endContainer(stateDirectory);
  else if (state) await endNode(stateDirectory, signal);
}

/** Removes its data. It must have ended. */
export async function removeRabbit(stateDirectory) {
  if (stateDirectory.recall('rabbitmq')?.container) await removeVolume(stateDirectory);
  rmSync(folderOf(stateDirectory), { recursive: true, force: true });
}

const lives = async (stateDirectory, { container }) =>
  container ? containerRuns(stateDirectory) : runningNode(stateDirectory) !== undefined;

/** A broker that still boots is waited for; one that does not answer our password is ended. */
async function takeOver(stateDirectory, state) {
  if (!state.ports) return undefined;
  const alive = await lives(stateDirectory, state);
  if (alive && (await becomesReady(stateDirectory, state))) return state;
  await endRabbit(stateDirectory); // also the epmd of a broker that was killed
  return undefined;
}

async function whenReady(stateDirectory, state) {
  if (await becomesReady(stateDirectory, state)) return;
  const output = await logOf(stateDirectory, state);
  await endRabbit(stateDirectory);
  throw new Failure(
    'RabbitMQ did not start',
    `Its log: ${stateDirectory.path('logs', 'rabbitmq.log')}`,
    lastLines(output, 20),
  );
}

async function logOf(stateDirectory, { container }) {
  if (container) return containerLog(stateDirectory);
  const log = stateDirectory.path('logs', 'rabbitmq.log');
  return existsSync(log) ? readFileSync(log, 'utf8') : '';
}

/** rabbitmqctl would cost a second a call: the ports are asked instead. */
async function becomesReady(stateDirectory, state) {
  const deadline = new ProgressDeadline({
    ...READY,
    progress: () => ({ processorMs: state.container ? undefined : processorMs(runningNode(stateDirectory)?.pid) }),
  });
  for (; !deadline.isOver && (await lives(stateDirectory, state)); await sleep(state.container ? 500 : 50)) {
    if ((await accepts(state.ports.amqp)) && (await managementAnswers(state))) return true;
  }
  return false;
}

const addressOf = ({ user, password, ports }) => ({
  url: `amqp://${user}:${password}@127.0.0.1:${ports.amqp}/${VHOST}`,
  managementUrl: `http://${user}:${password}@127.0.0.1:${ports.management}`,
});

async function managementAnswers({ user, password, ports }) {
  const headers = { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  const answer = await fetch(`http://127.0.0.1:${ports.management}/api/whoami`, {
    headers,
    signal: AbortSignal.timeout(5_000),
  }).catch(() => undefined);
  return answer?.ok ?? false;
}

/** @returns {Rabbit} */
function handle(stateDirectory, state) {
  const process = state.container ? undefined : runningNode(stateDirectory);
  return {
    ...addressOf(state),
    process,
    ended: process ? hasEnded(process) : containerEnds(stateDirectory),
    stop: () => endRabbit(stateDirectory),
  };
}

async function containerEnds(stateDirectory) {
  while (await containerRuns(stateDirectory)) await sleep(2_000);
}
