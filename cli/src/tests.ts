import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from '@sluice/stack/build/build';
import { privateServers } from '@sluice/stack/private-servers';
import { Progress } from '@sluice/stack/progress';
import { waitForAll } from '@sluice/stack/wait-for-all';
import { runUntilStopped } from './run-until-stopped.js';
import { isSlow, needsServers, specFiles } from './spec-files.js';
import { runVitest, type TestCounts } from './vitest.js';

interface Options {
  /** Paths or parts of one, of the files to run; none for all. */
  words: readonly string[];
  /** Further variables for the tests. */
  env?: NodeJS.ProcessEnv;
}

const INTERRUPTED = 130;

/**
 * Runs tests with the servers that their files need; the counts are the last line.
 * @param args of vitest, the words among them
 * @returns the exit code
 */
export async function runTests(args: readonly string[], { words, env = {} }: Options): Promise<number> {
  let counts: TestCounts = { passed: 0, failed: 1 };
  const code = await runUntilStopped(
    async ({ shutdown }) => {
      const files = specFiles(words);
      const progress = new Progress();
      const [servers] = await waitForAll([
        files.some(needsServers) ? privateServers(progress, shutdown, { durable: false }) : {},
        build(progress),
      ]);
      const reports = mkdtempSync(path.join(tmpdir(), 'sluice-report-'));
      await shutdown.add('report', () => rmSync(reports, { recursive: true, force: true }));
      counts = await runVitest(args, {
        env: { ...process.env, ...servers, ...env, SLOW_SPECS: String(files.some(isSlow)) },
        reportFile: path.join(reports, 'report.json'),
        onStart: (stop) => void shutdown.add('vitest', stop),
      });
      return counts.failed > 0 ? 1 : 0;
    },
    { signalCode: INTERRUPTED },
  );
  return code === INTERRUPTED ? code : printCounts(counts);
}

/** @returns the exit code that the counts mean */
export function printCounts({ passed, failed }: TestCounts): number {
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}
