import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '@sluice/stack/failure';
import { inRoot, root } from '@sluice/stack/workspace';
import { groupToEnvironment } from './group-environment.js';
import type { Group } from './groups.js';
import type { MutationReport } from './score.js';

const CONFIG = 'mutation/dist/stryker.config.js';
/** Stryker's lines of progress; its other lines are printed when it fails. */
const PROGRESS = /^Mutation testing\s+(.*)$/;

interface Options {
  /** The folder that keeps the reports. */
  reports: string;
  /** The folder for the copies of the checkout that are mutated. */
  copy: string;
  /** Mutants that are tested at the same time. */
  concurrency: number;
  env: NodeJS.ProcessEnv;
  onStart: (stop: () => void) => void;
  /** Called with Stryker's progress. */
  note: (text: string) => void;
}

/**
 * Mutates the files of one group and runs its specs against every mutant.
 * @throws {Failure} when the specs cannot run
 */
export async function mutate(
  group: Group,
  { reports, copy, concurrency, env, onStart, note }: Options,
): Promise<MutationReport> {
  const report = path.join(reports, `${group.name.replaceAll(' ', '-')}.json`);
  rmSync(report, { force: true });
  mkdirSync(reports, { recursive: true });
  const settings = groupToEnvironment({ ...group, report, temporary: path.relative(root, copy), concurrency });
  const child = spawn(process.execPath, [inRoot('node_modules/@stryker-mutator/core/bin/stryker.js'), 'run', CONFIG], {
    cwd: root,
    env: { ...process.env, ...env, ...settings, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onStart(() => void child.kill('SIGTERM'));
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => takeLines(data.toString(), output, note));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0 && existsSync(report)) return JSON.parse(readFileSync(report, 'utf8')) as MutationReport;
  throw new Failure(
    `the tests of ${group.name} did not run on its mutants (exit code ${code})`,
    `See whether its tests are green: npm test -- ${group.specs.join(' ')}`,
    output.slice(-30).join('\n'),
  );
}

function takeLines(text: string, output: string[], note: (text: string) => void): void {
  for (const line of text.split('\n').filter(Boolean)) {
    const progress = PROGRESS.exec(line)?.[1];
    if (progress) note(progress);
    else output.push(line);
  }
}
