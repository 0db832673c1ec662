// Every test, with what it needs: npm test; -- <filter or path> ... runs some of them.
import './lib/node-version.mjs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { all } from './lib/all.mjs';
import { build, install } from './lib/build.mjs';
import { report } from './lib/failure.mjs';
import { privateServers } from './lib/private-servers.mjs';
import { Progress } from './lib/progress.mjs';
import { Shutdown } from './lib/shutdown.mjs';
import { needsServers, specFiles } from './lib/spec-files.mjs';
import { commandLine } from './lib/usage.mjs';
import { runVitest } from './lib/vitest.mjs';

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
  report(error);
  finish(1, { passed: 0, failed: 1 });
}

async function test() {
  const { args, words } = commandLine('test');
  const files = specFiles(words);
  await install(progress);
  const [servers] = await all([
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
