import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../../..');
/** Enough to see why a process ended. */
const OUTPUT_CHARACTERS = 100_000;

/** A built program of this repository, running as its own process. */
export interface Program {
  readonly exitCode: Promise<number | null>;
  running(): boolean;
  /** The last of what it wrote. */
  output(): string;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Runs `file` (a path in this repository) with this environment alone. */
export function run(file: string, env: Record<string, string>, args: string[] = []): Program {
  const child = spawn(process.execPath, ['--enable-source-maps', path.join(ROOT, file), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-OUTPUT_CHARACTERS)));
  endWithUs(child);
  const exitCode = once(child, 'exit').then(() => child.exitCode);
  const running = () => child.exitCode === null && child.signalCode === null;
  return {
    exitCode,
    running,
    output: () => text,
    async end(signal) {
      if (running()) child.kill(signal);
      await exitCode;
    },
  };
}

/** An interrupted test run leaves nothing behind: the test runner's worker exits, or loses its runner first. */
function endWithUs(child: ChildProcess): void {
  const end = () => void child.kill('SIGKILL');
  process.once('exit', end).once('disconnect', end);
  child.once('exit', () => process.off('exit', end).off('disconnect', end));
}
