import { spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { root } from '@sluice/stack/workspace';

interface Options extends SpawnOptions {
  onStart?: (stop: () => void) => void;
}

/** By default in the checkout, with its output on the terminal. @returns the exit code; 1 when a signal has ended it */
export async function runProgram(
  program: string,
  args: readonly string[],
  { onStart, ...options }: Options = {},
): Promise<number> {
  const child = spawn(program, args, { cwd: root, stdio: 'inherit', ...options });
  const ended: Promise<[code: number | null]> = once(child, 'close') as Promise<[number | null]>;
  onStart?.(() => void child.kill('SIGTERM'));
  const [code] = await ended;
  return code ?? 1;
}
