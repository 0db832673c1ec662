import { randomUUID } from 'node:crypto';
import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors.js';
import { Failure } from '../failure.js';
import { holderOf } from '../lock.js';
import { isAlive, type ProcessRecord } from '../processes.js';
import type { RestartRequest, StateDirectory } from '../state-directory.js';

type Answer = NonNullable<RestartRequest['answer']>;
type Restart = (service: string, env?: NodeJS.ProcessEnv) => Promise<void>;
type PrintLine = (line: string) => void;

/** The request of another terminal and the answer of the running start, in the state directory of both. */
const REQUEST = 'restart';
const POLL_MS = 100;
/** For file systems that report no changes, such as those of a network. */
const UNREPORTED_POLL_MS = 2_000;

/**
 * Restarts the services of each request, one request after the other.
 * @returns what ends it
 */
export function serveRestartRequests(
  stateDirectory: StateDirectory,
  restart: Restart,
  printLine: PrintLine,
): () => void {
  stateDirectory.forget(REQUEST); // nobody waits for the answer of an earlier start
  let busy = false;
  const look = async (): Promise<void> => {
    const request = busy ? undefined : stateDirectory.recall(REQUEST);
    if (!request || request.answer) return;
    busy = true;
    stateDirectory.remember(REQUEST, { ...request, answer: await answerTo(request, restart, printLine) });
    busy = false;
    await look(); // one that has come meanwhile
  };
  const watcher = watchFile(stateDirectory.dir, `${REQUEST}.json`, () => void look());
  const timer = setInterval(() => void look(), UNREPORTED_POLL_MS);
  return () => {
    watcher?.close();
    clearInterval(timer);
  };
}

/** @returns undefined where the system cannot report changes; Linux may have no watch left */
function watchFile(folder: string, name: string, changed: () => void): FSWatcher | undefined {
  try {
    return watch(folder, (_, file) => file === name && changed()).on('error', () => {});
  } catch {
    return undefined;
  }
}

async function answerTo({ services, env }: RestartRequest, restart: Restart, printLine: PrintLine): Promise<Answer> {
  try {
    for (const service of services) {
      printLine(`restarting ${service}`);
      await restart(service, env);
    }
    return { ok: true };
  } catch (error) {
    const { fix, output } = error instanceof Failure ? error : {};
    return { ok: false, message: messageOf(error), fix, output };
  }
}

/**
 * The running start.
 * @throws {Failure} when none runs
 */
export function runningStart({ dir }: StateDirectory): ProcessRecord {
  const holder = holderOf(path.join(dir, 'running.lock'));
  if (holder) return holder;
  throw new Failure(`no \`npm start\` is running in ${dir}`, 'Start one (npm start).');
}

/**
 * Requests the running start to restart services, and waits until they are ready again.
 * @param env variables besides those of the start; as before when absent
 * @throws {Failure} when none runs, or a service does not become ready
 */
export async function requestRestart(
  stateDirectory: StateDirectory,
  services: string[],
  env?: NodeJS.ProcessEnv,
): Promise<void> {
  const holder = runningStart(stateDirectory);
  const id = randomUUID();
  stateDirectory.remember(REQUEST, { id, services, env });
  const answer = await answerOf(stateDirectory, id, holder).finally(() => {
    if (stateDirectory.recall(REQUEST)?.id === id) stateDirectory.forget(REQUEST);
  });
  if (!answer.ok) throw new Failure(answer.message, answer.fix, answer.output);
}

async function answerOf(stateDirectory: StateDirectory, id: string, holder: ProcessRecord): Promise<Answer> {
  for (; isAlive(holder); await sleep(POLL_MS)) {
    const found = stateDirectory.recall(REQUEST);
    if (found?.id === id && found.answer) return found.answer;
    if (found && found.id !== id)
      throw new Failure('another restart was asked for meanwhile', 'Ask again when it is done.');
  }
  throw new Failure('the system has stopped meanwhile');
}
