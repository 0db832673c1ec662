import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { Failure } from './failure.js';
import { kill } from './processes.js';

/** Programs that this process waits for: ended with it, so that Ctrl-C leaves no npm or compiler behind. */
const running = new Set<ChildProcess>();

/** Ends each program and those that it has started: npm and tsc are wrappers around others. */
export const endRunning = (): void => running.forEach(({ pid }) => pid && kill(-pid, 'SIGTERM'));

export interface RunOptions extends Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid'> {
  /** What the reader of a failure should do. */
  fix?: string;
  /** The name of the program in a failure; its command line without. */
  label?: string;
}

/** @returns stdout and stderr, as they came @throws {Failure} when it does not start, or its exit code is not 0 */
export function run(
  program: string,
  args: readonly string[],
  { fix, label = `${program} ${args[0] ?? ''}`.trim(), ...options }: RunOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    if (child.pid) running.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', (error) => reject(new Failure(`${label} could not be started: ${error.message}`, fix)));
    child.once('close', (code, signal) => {
      running.delete(child);
      if (code === 0) resolve(output);
      else reject(new Failure(`${label} failed (${signal ?? `exit code ${code}`})`, fix, lastLines(output, 40)));
    });
  });
}

/** Whether the program can be started and its exit code is 0. */
export const succeeds = (program: string, args: readonly string[]): Promise<boolean> =>
  run(program, args).then(
    () => true,
    () => false,
  );

export const lastLines = (text: string, count: number): string => text.trimEnd().split('\n').slice(-count).join('\n');
