// @ts-nocheck
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '@sluice/stack/failure';
import { inRoot, root } from '@sluice/stack/workspace';

const CONFIG = 'mutation/src/stryker.config.mjs';
/** Only Stryker's own lines of progress; what else it prints is shown when it fails. */
const PROGRESS = /^Mutation testing\s+(.*)$/;

/**
 * Mutates the files of one group and runs its tests against every mutant.
 * @param {import('./groups.js').Group} group
 * @param {object} options
 * @param {string} options.reports @param {string} options.copy @param {number} options.concurrency @param {NodeJS.ProcessEnv} options.env
 * @param {(stop: () => void) => void} options.onStart @param {(text: string) => void} options.tell
 * reports: folder that keeps the report; copy: folder for the copies of the checkout that are mutated
 * @returns {Promise<object>} Stryker's report (mutation-testing-report-schema)
 */
export async function mutate(group, { reports, copy, concurrency, env, onStart, note }) {
  const report = path.join(reports, `${group.name.replaceAll(' ', '-')}.json`);
  const temporary = path.relative(root, copy);
  rmSync(report, { force: true });
  mkdirSync(reports, { recursive: true });
  const MUTATION_GROUP = JSON.stringify({ ...group, report, temporary, concurrency });
  const child = spawn(process.execPath, [inRoot('node_modules/@stryker-mutator/core/bin/stryker.js'), 'run', CONFIG], {
    cwd: root,
    env: { ...process.env, ...env, MUTATION_GROUP, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onStart(() => child.kill('SIGTERM'));
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => takeLines(String(data), output, note));
  const [code] = await once(child, 'close');
  if (code !== 0 || !existsSync(report)) {
    const fix = `See whether its tests are green: npm test -- ${group.specs.join(' ')}`;
    throw new Failure(
      `the tests of ${group.name} did not run on its mutants (exit code ${code})`,
      fix,
      output.slice(-30).join('\n'),
    );
  }
  return JSON.parse(readFileSync(report, 'utf8'));
}

function takeLines(text, output, note) {
  for (const line of text.split('\n').filter(Boolean)) {
    const progress = PROGRESS.exec(line)?.[1];
    if (progress) note(progress);
    else output.push(line);
  }
}
