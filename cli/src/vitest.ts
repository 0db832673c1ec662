import { existsSync, readFileSync } from 'node:fs';
import { inRoot } from '@sluice/stack/workspace';
import { runProgram } from './run-program.js';

export interface TestCounts {
  passed: number;
  failed: number;
}

/** Of vitest after Ctrl-C. */
const INTERRUPTED = 130;

/** The part that is used of the report that vitest writes as JSON. */
export interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

interface Options {
  env: NodeJS.ProcessEnv;
  /** Where vitest writes its JSON report. */
  reportFile: string;
  /** Runs tests again as their files change, until the user ends it. */
  watch: boolean;
  onStart: (stop: () => void) => void;
}

/**
 * Runs vitest with its own output on the terminal.
 * @param args filters and options of vitest
 */
export async function runVitest(
  args: readonly string[],
  { env, reportFile, watch, onStart }: Options,
): Promise<TestCounts> {
  const options = [
    watch ? 'watch' : 'run',
    ...args,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
  ];
  const code = await runProgram(process.execPath, [inRoot('node_modules/vitest/vitest.mjs'), ...options], {
    env,
    stdio: [watch ? 'inherit' : 'ignore', 'inherit', 'inherit'],
    onStart,
  });
  return countTests(
    existsSync(reportFile) ? (JSON.parse(readFileSync(reportFile, 'utf8')) as VitestReport) : undefined,
    watch && code === INTERRUPTED ? 0 : code, // a watch has no other end
  );
}

/**
 * The real counts of a run. A file that could not be collected counts as one failure; so does an exit code that no
 * failed test explains: an unhandled error, or no tests at all.
 */
export function countTests(report: VitestReport | undefined, exitCode: number | null): TestCounts {
  const passed = report?.numPassedTests ?? 0;
  const uncollected = (report?.testResults ?? []).filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = (report?.numFailedTests ?? 0) + uncollected.length;
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed };
}
