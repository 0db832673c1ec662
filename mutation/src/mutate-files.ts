import { existsSync, rmSync } from 'node:fs';
import { build } from '@sluice/stack/build/build';
import { Failure } from '@sluice/stack/failure';
import { privateServers } from '@sluice/stack/private-servers';
import { Progress } from '@sluice/stack/progress';
import type { Shutdown } from '@sluice/stack/shutdown';
import { inRoot } from '@sluice/stack/workspace';
import { absentFiles, chosen, GROUPS, unknownFiles } from './groups.js';
import { countMutants, score, survivors, table, THRESHOLD, total, type MutationReport } from './score.js';
import { mutate } from './stryker.js';

const REPORTS = inRoot('.sluice/mutation');

/**
 * Mutates these files, or all of the groups, and prints the mutants that no test noticed, and the score.
 * @param paths files and folders; none for every file
 * @returns the exit code: 1 when the score is below the threshold
 * @throws {Failure} when no group has one of the files
 */
export async function mutateFiles(paths: readonly string[], shutdown: Shutdown): Promise<number> {
  const unknown = unknownFiles(GROUPS, paths);
  if (unknown.length > 0)
    throw new Failure(`nothing mutates ${unknown.join(', ')}`, 'The files are listed in mutation/src/groups.ts.');
  const progress = new Progress();
  const exists = (file: string): boolean => existsSync(inRoot(file));
  const groups = chosen(GROUPS, paths, exists);
  for (const file of absentFiles(GROUPS, exists)) progress.line(`– ${file} is not there`);
  await build(progress);
  const needsServers = groups.some(({ servers }) => servers);
  const env = needsServers ? { ...(await privateServers(progress, shutdown, { durable: false })) } : {};
  const copy = `${REPORTS}/copy-${process.pid}`; // two runs in one checkout do not share a copy
  await shutdown.add('mutated copy', () => rmSync(copy, { recursive: true, force: true, maxRetries: 10 }));
  const concurrency = Number(process.env['MUTATION_CONCURRENCY'] ?? 2);
  const reports: MutationReport[] = [];
  for (const group of groups) {
    const onStart = (stop: () => void): void => void shutdown.add(`mutation of ${group.name}`, stop);
    const report = await progress.step(group.name, (note) =>
      mutate(group, { reports: REPORTS, copy, concurrency, env, onStart, note: printing(note, progress) }),
    );
    reports.push(report);
  }
  return printReports(reports);
}

/** Where nothing can be drawn over (a pipe, CI), the progress of a group is printed this often. Milliseconds. */
const PROGRESS_EVERY_MS = 60_000;

function printing(note: (text: string) => void, progress: Progress): (text: string) => void {
  let last = Date.now();
  return (text) => {
    note(text);
    if (progress.live || Date.now() - last < PROGRESS_EVERY_MS) return;
    last = Date.now();
    progress.line(`  ${text}`);
  };
}

/** @returns the exit code */
function printReports(reports: readonly MutationReport[]): number {
  const counts = reports.flatMap(countMutants);
  for (const line of ['', ...reports.flatMap(survivors), '', ...table(counts)]) console.log(line);
  const reached = score(total(counts));
  if (reached >= THRESHOLD) return 0;
  console.log(
    `✗ ${reached.toFixed(1)} % is less than ${THRESHOLD} %: write the tests that notice what is listed above`,
  );
  return 1;
}
