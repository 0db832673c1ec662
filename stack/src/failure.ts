import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { explainEnvironmentError } from './environment-errors.js';
import { codeOf, messageOf } from './errors.js';
import { defaultStateDirectory } from './state-directory.js';

/** A failure that its reader can mend: one line with what is wrong, and one with what to do. */
export class Failure extends Error {
  constructor(
    message: string,
    /** What the reader should do. */
    readonly fix?: string,
    /** Last lines of a program that failed. */
    readonly output?: string,
  ) {
    super(message);
  }
}

/** Prints a failure for people. The stack of an unforeseen one goes to `failures.log`, never to the terminal. */
export function printFailure(thrown: unknown): void {
  const failure = asFailure(thrown);
  if (failure?.output) console.error(failure.output.trimEnd().replaceAll(/^/gm, '  │ '));
  console.error(`✗ ${firstLine(failure ?? thrown)}`);
  if (failure?.fix) console.error(`  ${failure.fix}`);
  if (!failure) console.error(`  This was not foreseen; the details are in ${logUnforeseen(thrown)}`);
}

function asFailure(thrown: unknown): Failure | undefined {
  if (thrown instanceof Failure) return thrown;
  const explained = explainEnvironmentError(thrown);
  return explained && new Failure(explained.message, explained.fix);
}

const firstLine = (thrown: unknown): string =>
  (messageOf(thrown) || codeOf(thrown) || String(thrown)).trim().split('\n', 1).join().slice(0, 300);

function logUnforeseen(thrown: unknown): string {
  const file = path.join(defaultStateDirectory(), 'logs', 'failures.log');
  mkdirSync(path.dirname(file), { recursive: true });
  const details = thrown instanceof Error ? thrown.stack : undefined;
  appendFileSync(file, `${new Date().toISOString()} ${details ?? String(thrown)}\n`, { mode: 0o600 });
  return path.relative(process.cwd(), file);
}

/** Runs a command to its end and exits with the code that it resolves to, 0 when there is none. */
export async function runCommand(command: () => Promise<number | void>): Promise<never> {
  try {
    process.exit((await command()) ?? 0); // at once: the schema engine leaves a 10 s timer behind
  } catch (error) {
    printFailure(error);
    process.exit(1);
  }
}
