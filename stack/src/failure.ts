// @ts-nocheck
import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { defaultStateDirectory } from './state-directory.js';
import { explainEnvironmentError } from './environment-errors.js';

/** A failure that its reader can mend: one line that says what is wrong, and one that says what to do. */
export class Failure extends Error {
  /** @param {string} message @param {string} [fix] what the reader should do @param {string} [output] last lines of a program that failed */
  constructor(message, fix, output) {
    super(message);
    this.fix = fix;
    this.output = output;
  }
}

/** Prints a failure for people. The stack of an unforeseen one goes to `failures.log`, never to the terminal. */
export function printFailure(thrown) {
  const known = thrown instanceof Failure ? undefined : explainEnvironmentError(thrown);
  const error = known ? new Failure(known.message, known.fix) : thrown;
  if (error.output) console.error(error.output.trimEnd().replaceAll(/^/gm, '  │ '));
  console.error(`✗ ${firstLine(error)}`);
  if (error.fix) console.error(`  ${error.fix}`);
  if (!(error instanceof Failure)) console.error(`  This was not foreseen; the details are in ${keep(error)}`);
}

const firstLine = (error) =>
  String(error.message || error.code || error)
    .trim()
    .split('\n')[0]
    .slice(0, 300);

function keep(error) {
  const file = path.join(defaultStateDirectory(), 'logs', 'failures.log');
  mkdirSync(path.dirname(file), { recursive: true });
  appendFileSync(file, `${new Date().toISOString()} ${error.stack ?? error}\n`, { mode: 0o600 });
  return path.relative(process.cwd(), file);
}

/**
 * Runs a tool to its end and exits with its code.
 * @param {() => Promise<number | void>} tool resolves to the exit code, 0 when it gives none
 */
export async function runCommand(tool) {
  try {
    process.exit((await tool()) ?? 0); // at once: the schema engine leaves a 10 s timer behind
  } catch (error) {
    printFailure(error);
    process.exit(1);
  }
}
