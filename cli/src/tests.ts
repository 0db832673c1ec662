import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, generate } from '@sluice/stack/build/build';
import { holderOf, tryLock } from '@sluice/stack/lock';
import { privateServers, type ServerAddresses } from '@sluice/stack/private-servers';
import { Progress } from '@sluice/stack/progress';
import type { Shutdown } from '@sluice/stack/shutdown';
import { waitForAll } from '@sluice/stack/wait-for-all';
import { inRoot } from '@sluice/stack/workspace';
import { runUntilStopped } from './run-until-stopped.js';
import { isSlow, needsBuild, needsServers, specFiles } from './spec-files.js';
import { runVitest, type TestCounts } from './vitest.js';

interface Options {
  /** Paths or parts of one, of the files to run; none for all. */
  words: readonly string[];
  /** Further variables for the tests. */
  env?: NodeJS.ProcessEnv;
  /** Runs them again as files change; meanwhile, other runs in this checkout use its servers. */
  watch?: boolean;
}

interface Run {
  progress: Progress;
  shutdown: Shutdown;
  watch: boolean;
}

/** Held by the watch whose servers other runs use; their addresses are in it. */
const SHARED = inRoot('.nx', 'test-servers.lock');

const INTERRUPTED = 130;

/**
 * Runs tests with the servers that their files need; the counts are the last line.
 * @param args of vitest, the words among them
 * @returns the exit code
 */
export async function runTests(args: readonly string[], { words, env = {}, watch = false }: Options): Promise<number> {
  let counts: TestCounts = { passed: 0, failed: 1 };
  const code = await runUntilStopped(
    async ({ shutdown }) => {
      const files = specFiles(words);
      const progress = new Progress();
      const [servers] = await waitForAll([
        files.some(needsServers) ? serversFor({ progress, shutdown, watch }) : {},
        words.length === 0 || files.some(needsBuild) ? build(progress) : generate(progress),
      ]);
      const reports = mkdtempSync(path.join(tmpdir(), 'sluice-report-'));
      await shutdown.add('report', () => rmSync(reports, { recursive: true, force: true }));
      counts = await runVitest(args, {
        env: { ...process.env, ...servers, ...env, SLOW_SPECS: String(files.some(isSlow)) },
        reportFile: path.join(reports, 'report.json'),
        watch,
        onStart: (stop) => void shutdown.add('vitest', stop),
      });
      return counts.failed > 0 ? 1 : 0;
    },
    { signalCode: INTERRUPTED },
  );
  return code === INTERRUPTED ? code : printCounts(counts);
}

/** Those of a watch in this checkout, or private ones, which a watch shares. */
async function serversFor({ progress, shutdown, watch }: Run): Promise<ServerAddresses> {
  const shared = sharedServers(SHARED);
  if (shared) {
    progress.line('✓ servers of npm test -- --watch');
    return shared;
  }
  const servers = await privateServers(progress, shutdown, { durable: false });
  const endSharing = watch && tryLock(SHARED, servers);
  if (endSharing) await shutdown.add('shared servers', endSharing);
  return servers;
}

/** The servers of the watch that holds the lock; undefined when none lives, or the environment names other servers. */
export function sharedServers(lock: string, env: NodeJS.ProcessEnv = process.env): ServerAddresses | undefined {
  const { DATABASE_URL, AMQP_URL, AMQP_MANAGEMENT_URL } = holderOf<ServerAddresses>(lock) ?? {};
  if (env['DATABASE_URL'] || env['AMQP_URL'] || !DATABASE_URL || !AMQP_URL || !AMQP_MANAGEMENT_URL) return undefined;
  return { DATABASE_URL, AMQP_URL, AMQP_MANAGEMENT_URL };
}

/** @returns the exit code that the counts mean */
export function printCounts({ passed, failed }: TestCounts): number {
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}
