import { execFile } from 'node:child_process';
import { inRoot } from '../workspace.js';

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command as npm does, without a terminal: with this state directory and this environment alone. */
export function runCommandLine(
  stateDirectory: string,
  [command, ...args]: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv = {},
): Promise<CommandResult> {
  const options = { env: { PATH: process.env['PATH'], SLUICE_HOME: stateDirectory, ...env } };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [inRoot('start.mjs'), command, ...args],
      options,
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
    child.stdin?.end();
  });
}
