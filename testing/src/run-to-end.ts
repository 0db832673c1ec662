import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';

const SHOWN_CHARACTERS = 8_000;

/** Without what npm, vitest and the tests set for this run: it names other folders. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_OPTIONS|NODE_ENV|INIT_CWD|TEST$)/.test(name)),
  );

export interface Written {
  stdout: string;
  /** Both streams, one after the other. */
  output: string;
}

/** Runs a program in a folder, as a person would there. @throws Error with what it wrote when it fails */
export async function runToEnd(program: string, args: readonly string[], cwd: string): Promise<Written> {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: environment() });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  const output = stdout + stderr;
  if (code === 0) return { stdout, output };
  const command = [path.basename(program), ...args].join(' ');
  throw new Error(`${command} ended with ${code}:\n${output.slice(-SHOWN_CHARACTERS)}`);
}
