import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { inRoot } from '@sluice/stack/workspace';

/** Enough to see why a process ended. */
const OUTPUT_CHARACTERS = 100_000;

/** A program of this repository, running as its own process. */
export interface Program {
  readonly pid: number | undefined;
  readonly exitCode: Promise<number | null>;
  running(): boolean;
  /** The last of what it wrote. */
  output(): string;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Runs a built `file` (a path in this repository) with this environment alone. */
export const run = (file: string, env: Record<string, string>, args: string[] = []): Program =>
  runWith(process.execPath, file, env, args, ['--enable-source-maps']);

/** The same with another interpreter, and what that takes before the file. */
export function runWith(
  interpreter: string,
  file: string,
  env: Record<string, string>,
  args: string[] = [],
  options: string[] = [],
): Program {
  const child = spawn(interpreter, [...options, inRoot(file), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-OUTPUT_CHARACTERS);
    });
  }
  const exitCode = once(child, 'exit').then(() => child.exitCode);
  endWithUs(child, exitCode);
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid,
    exitCode,
    running: isRunning,
    output: () => text,
    async end(signal) {
      if (isRunning()) child.kill(signal);
      await exitCode;
    },
  };
}

interface Killable {
  kill(signal: 'SIGKILL'): unknown;
}

const running = new Set<Killable>();

/** An interrupted test run leaves nothing behind: the test runner's worker exits, or loses its runner first. */
export function endWithUs(program: Killable, ended: Promise<unknown>): void {
  running.add(program);
  const remove = (): void => void running.delete(program);
  ended.then(remove, remove);
}

const endAll = (): void => running.forEach((program) => program.kill('SIGKILL'));
process.once('exit', endAll).once('disconnect', endAll);
