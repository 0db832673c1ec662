// @ts-nocheck
// Every test, with what it needs: npm test; -- <filter or path> ... runs some of them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { waitForAll } from '@sluice/stack/wait-for-all';
import { build, install } from '@sluice/stack/build/build';
import { printFailure } from '@sluice/stack/failure';
import { privateServers } from '@sluice/stack/private-servers';
import { Progress } from '@sluice/stack/progress';
import { Shutdown } from '@sluice/stack/shutdown';
import { needsServers, specFiles } from '../spec-files.js';
import { commandLine } from '@sluice/stack/usage';
import { runVitest } from '../vitest.js';

const progress = new Progress();
const shutdown = new Shutdown();

shutdown.onSignal(
  () => finish(130),
  () => process.exit(130),
);
shutdown.onCrash(fail);
test().catch(fail);

function fail(error) {
  if (shutdown.requested) return;
  printFailure(error);
  finish(1, { passed: 0, failed: 1 });
}

async function test() {
  const { args, words } = commandLine('test');
  const files = specFiles(words);
  await install(progress);
  const [servers] = await waitForAll([
    files.some(needsServers) ? privateServers(progress, shutdown, { durable: false }) : {},
    build(progress),
  ]);
  const reports = mkdtempSync(path.join(tmpdir(), 'sluice-report-'));
  await shutdown.add('report', () => rmSync(reports, { recursive: true, force: true }));
  const env = { ...process.env, ...servers };
  const counts = await runVitest(args, env, path.join(reports, 'report.json'), (stop) => shutdown.add('vitest', stop));
  if (!shutdown.requested) await finish(counts.failed > 0 ? 1 : 0, counts);
}

/** Removes everything this run has made; the counts are the last line. */
async function finish(code, counts) {
  await shutdown.stop();
  if (counts) console.log(`${counts.passed} passed, ${counts.failed} failed`);
  process.exit(code);
}
