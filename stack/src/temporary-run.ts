import { existsSync, mkdtempSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Failure } from './failure.js';
import { remove, sweep, temporaryStateDirectory } from './private-servers.js';
import { Progress } from './progress.js';
import { Shutdown } from './shutdown.js';
import type { StateDirectory } from './state-directory.js';
import { stopAll } from './stop-all.js';

/** What `startSystem` needs of a run. */
export interface TemporaryRun {
  stateDirectory: StateDirectory;
  progress: Progress;
  shutdown: Shutdown;
  /** Ends the run at once: a server cannot be started again. */
  giveUp: (error: unknown) => void;
}

/** Servers of others must not meet what a run does to its own. */
const SERVERS_OF_OTHERS = ['DATABASE_URL', 'AMQP_URL', 'AMQP_MANAGEMENT_URL'];

/**
 * Runs a system of its own beside whatever else runs on this machine. At the end, and at Ctrl-C (exit code 130), its
 * processes are killed and its state directory is removed; the logs of a run that failed are kept.
 * @param name of the command @param cleanUp once the servers have ended
 * @throws what `work` throws; a Failure with the folder of the logs
 */
export async function temporaryRun<T>(
  name: string,
  work: (run: TemporaryRun) => Promise<T>,
  cleanUp: (stateDirectory: StateDirectory) => Promise<void> = async () => {},
): Promise<T> {
  for (const server of SERVERS_OF_OTHERS) delete process.env[server];
  await sweep();
  const stateDirectory = temporaryStateDirectory();
  const [progress, shutdown] = [new Progress(), new Shutdown()];
  const end = async (): Promise<void> => {
    progress.stopping = true;
    const stopped = shutdown.stop();
    await stopAll(stateDirectory, { throwAway: true }); // killed: their data is removed anyway
    await stopped;
    await cleanUp(stateDirectory);
  };
  const removed = async (): Promise<void> => {
    await end();
    await remove(stateDirectory);
  };
  const exit = (): never => process.exit(130);
  shutdown.onSignal(() => void removed().then(exit), exit);
  try {
    return await new Promise<T>((resolve, reject) => {
      work({ stateDirectory, progress, shutdown, giveUp: reject }).then(resolve, reject);
    });
  } catch (error) {
    if (shutdown.requested) await new Promise(() => {}); // it failed because of the signal, whose handler ends the process
    await end();
    throw withLogs(error, keepLogs(name, stateDirectory), progress);
  } finally {
    await removed();
  }
}

/** Out of the state directory, which is removed. @returns where they are now; undefined when there are none yet */
function keepLogs(name: string, stateDirectory: StateDirectory): string | undefined {
  if (!existsSync(stateDirectory.path('logs'))) return undefined;
  const kept = path.join(mkdtempSync(path.join(tmpdir(), `sluice-${name}-`)), 'logs');
  renameSync(stateDirectory.path('logs'), kept);
  return kept;
}

function withLogs(error: unknown, logs: string | undefined, progress: Progress): unknown {
  if (logs === undefined) return error;
  const line = `The logs: ${logs}`;
  if (error instanceof Failure)
    return new Failure(error.message, [error.fix, line].filter(Boolean).join('\n  '), error.output);
  progress.line(line);
  return error;
}
