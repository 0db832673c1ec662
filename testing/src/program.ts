import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { processorMs, type Progress } from './progress.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** Enough to see why a process ended. */
const OUTPUT_CHARACTERS = 100_000;

/** A program of this repository, running as its own process. */
export interface Program {
  readonly pid: number | undefined;
  readonly exitCode: Promise<number | null>;
  running(): boolean;
  /** The last of what it wrote. */
  output(): string;
  /** How much it wrote so far, in characters, and the time of a processor that it used, in ms; that one only on Linux. */
  progress(): Progress;
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
  const child = spawn(interpreter, [...options, path.join(ROOT, file), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let written = 0;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      written += chunk.length;
      text = (text + chunk.toString()).slice(-OUTPUT_CHARACTERS);
    });
  }
  endWithUs(child);
  const exitCode = once(child, 'exit').then(() => child.exitCode);
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid,
    exitCode,
    running: isRunning,
    output: () => text,
    progress: () => ({ written, processorMs: processorMs(child.pid) }),
    async end(signal) {
      if (isRunning()) child.kill(signal);
      await exitCode;
    },
  };
}

const running = new Set<ChildProcess>();

/** An interrupted test run leaves nothing behind: the test runner's worker exits, or loses its runner first. */
function endWithUs(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

const endAll = (): void => running.forEach((child) => child.kill('SIGKILL'));
process.once('exit', endAll).once('disconnect', endAll);
