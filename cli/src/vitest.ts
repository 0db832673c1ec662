// @ts-nocheck
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { inRoot, root } from '@sluice/stack/workspace';

/**
 * Runs vitest with its own output on the terminal.
 * @param {string[]} args filters and options @param {NodeJS.ProcessEnv} env @param {string} reportFile where its JSON report goes
 * @param {(stop: () => void) => void} onStart told how to end it
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runVitest(args, env, reportFile, onStart) {
  const options = ['run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  const child = spawn(process.execPath, [inRoot('node_modules/vitest/vitest.mjs'), ...options], {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  onStart(() => child.kill('SIGTERM'));
  const [code] = await once(child, 'close');
  return countTests(existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : undefined, code);
}

/**
 * The real counts of a run. A file that could not be collected counts as one failure; so does an exit code that no
 * failed test explains: an unhandled error, or no tests at all.
 * @param {{ numPassedTests: number, numFailedTests: number, testResults: any[] } | undefined} report @param {number | null} exitCode
 */
export function countTests(report, exitCode) {
  const passed = report?.numPassedTests ?? 0;
  const uncollected = (report?.testResults ?? []).filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = (report?.numFailedTests ?? 0) + uncollected.length;
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed };
}
