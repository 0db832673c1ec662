import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '@sluice/testing';

/** Enough for a start on a machine that is busy with other tests. Milliseconds. */
const WITHIN_MS = 180_000;

/** A command of `npm run` while it runs. */
export interface Running {
  /** Waits until it has printed this. */
  prints(text: string): Promise<void>;
  output(): string;
  /** As Ctrl-C does. Resolves to the exit code. */
  interrupt(): Promise<number | null>;
  /** Without a chance to clean up. */
  kill(): Promise<void>;
  ended: Promise<number | null>;
}

/** Runs a command of a checkout. @param program its start.mjs @param env its whole environment */
export function runCommand(program: string, command: readonly string[], env: NodeJS.ProcessEnv): Running {
  const child = spawn(process.execPath, [program, ...command], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const end = (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return ended;
  };
  const check = (text: string): void => {
    if (!output.includes(text)) throw new Error(`${command.join(' ')} has not printed "${text}":\n${output}`);
  };
  return {
    prints: (text) =>
      Promise.race([eventually(() => check(text), { withinMs: WITHIN_MS }), ended.then(() => check(text))]),
    output: () => output,
    interrupt: () => end('SIGINT'),
    kill: async () => void (await end('SIGKILL')),
    ended,
  };
}
