// @ts-nocheck
import { spawn } from 'node:child_process';
import { Failure } from './failure.js';

/** Programs this tool is waiting for: ended with it, so that Ctrl-C leaves no npm or compiler behind. */
const running = new Set();

export const endRunning = () => running.forEach(endGroup);

/** The program and those it has started: npm and tsc are wrappers around others. */
function endGroup({ pid }) {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * Runs a program to its end and gives its output.
 * @param {string} program @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, uid?: number, gid?: number, fix?: string, label?: string }} [options]
 * @returns {Promise<string>} stdout and stderr, as they came
 * @throws {Failure} when it cannot be started or its exit code is not 0
 */
export function run(program, args, { fix, label = `${program} ${args[0] ?? ''}`.trim(), ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    if (child.pid) running.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.once('error', (error) => reject(new Failure(`${label} could not be started: ${error.message}`, fix)));
    child.once('close', (code, signal) => {
      running.delete(child);
      if (code === 0) resolve(output);
      else reject(new Failure(`${label} failed (${signal ?? `exit code ${code}`})`, fix, lastLines(output, 40)));
    });
  });
}

/** @returns {Promise<boolean>} whether the program runs and ends well */
export const succeeds = (program, args) =>
  run(program, args).then(
    () => true,
    () => false,
  );

/** @param {string} text @param {number} count */
export const lastLines = (text, count) => text.trimEnd().split('\n').slice(-count).join('\n');
