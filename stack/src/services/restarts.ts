// @ts-nocheck
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../failure.js';
import { holderOf } from '../lock.js';
import { isAlive } from '../processes.js';

/** What `npm run restart` asks for, and what the running start answers, in the home that both know. */
const REQUEST = 'restart';
const POLL_MS = 250;

/**
 * Restarts what is asked for, one request after the other.
 * @param {import('../state-directory.js').StateDirectory} stateDirectory @param {(service: string) => Promise<void>} restart @param {(line: string) => void} say
 * @returns {() => void} what ends it
 */
export function serveRestartRequests(stateDirectory, restart, printLine) {
  stateDirectory.forget(REQUEST); // nobody waits for the answer of an earlier start
  let busy = false;
  const look = async () => {
    const request = busy ? undefined : stateDirectory.recall(REQUEST);
    if (!request || request.answer) return;
    busy = true;
    stateDirectory.remember(REQUEST, { ...request, answer: await answerTo(request, restart, printLine) });
    busy = false;
  };
  const timer = setInterval(() => void look(), POLL_MS);
  return () => clearInterval(timer);
}

async function answerTo({ services }, restart, printLine) {
  try {
    for (const service of services) {
      printLine(`restarting ${service}`);
      await restart(service);
    }
    return { ok: true };
  } catch (error) {
    return { ok: false, message: error.message, fix: error.fix, output: error.output };
  }
}

/**
 * Asks the running start to restart services, and waits until they are ready again.
 * @param {import('../state-directory.js').StateDirectory} stateDirectory @param {string[]} services
 * @throws {Failure} when none runs, or a service does not become ready
 */
export async function requestRestart(stateDirectory, services) {
  const holder = holderOf(stateDirectory.path('running.lock'));
  if (!holder) throw new Failure(`no \`npm start\` is running in ${stateDirectory.dir}`, 'Start one (npm start).');
  const id = randomUUID();
  stateDirectory.remember(REQUEST, { id, services });
  const answer = await answered(stateDirectory, id, holder).finally(
    () => stateDirectory.recall(REQUEST)?.id === id && stateDirectory.forget(REQUEST),
  );
  if (!answer.ok) throw new Failure(answer.message, answer.fix, answer.output);
}

async function answered(stateDirectory, id, holder) {
  for (; isAlive(holder); await sleep(POLL_MS)) {
    const found = stateDirectory.recall(REQUEST);
    if (found?.id === id && found.answer) return found.answer;
    if (found && found.id !== id)
      throw new Failure('another restart was asked for meanwhile', 'Ask again when it is done.');
  }
  throw new Failure('the system has stopped meanwhile');
}
