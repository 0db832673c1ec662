// @ts-nocheck
// Whether the tests notice when a rule is broken (docs/reliability.md): npm run mutate; -- <files> mutates only those.
import { existsSync, rmSync } from 'node:fs';
import { build, install } from '@sluice/stack/build/build';
import { Failure, printFailure } from '@sluice/stack/failure';
import { absentFiles, chosen, GROUPS, unknownFiles } from '@sluice/mutation/groups';
import { mutate } from '@sluice/mutation/run';
import { countMutants, score, survivors, table, THRESHOLD, total } from '@sluice/mutation/score';
import { privateServers } from '@sluice/stack/private-servers';
import { Progress } from '@sluice/stack/progress';
import { Shutdown } from '@sluice/stack/shutdown';
import { commandLine } from '@sluice/stack/usage';
import { inRoot } from '@sluice/stack/workspace';

const REPORTS = inRoot('.sluice/mutation');
/** Two runs in one checkout do not share a copy. */
const COPY = `${REPORTS}/copy-${process.pid}`;
const concurrency = Number(process.env.MUTATION_CONCURRENCY ?? 2);
const progress = new Progress();
const shutdown = new Shutdown();

shutdown.onSignal(
  () => finish(130),
  () => process.exit(130),
);
shutdown.onCrash(fail);
main().catch(fail);

function fail(error) {
  if (shutdown.requested) return;
  printFailure(error);
  finish(1);
}

async function main() {
  const { words: wanted } = commandLine('mutate');
  const unknown = unknownFiles(GROUPS, wanted);
  if (unknown.length > 0) {
    throw new Failure(`nothing mutates ${unknown.join(', ')}`, 'The files are listed in mutation/src/groups.ts.');
  }
  const exists = (file) => existsSync(inRoot(file));
  const groups = chosen(GROUPS, wanted, exists);
  for (const file of absentFiles(GROUPS, exists)) progress.line(`– ${file} is not there`);
  await install(progress);
  await build(progress);
  const servers = groups.some((group) => group.servers)
    ? await privateServers(progress, shutdown, { durable: false })
    : {};
  await shutdown.add('mutated copy', () => rmSync(COPY, { recursive: true, force: true, maxRetries: 10 }));
  const reports = [];
  for (const group of groups) reports.push(await progress.step(group.name, (note) => run(group, servers, note)));
  if (!shutdown.requested) await finish(printed(reports));
}

/** Where nothing can be drawn over (a pipe, CI), how far a group is appears this often. Milliseconds. */
const PROGRESS_EVERY_MS = 60_000;

function appearing(note) {
  let last = Date.now();
  return (text) => {
    note(text);
    if (progress.live || Date.now() - last < PROGRESS_EVERY_MS) return;
    last = Date.now();
    progress.line(`  ${text}`);
  };
}

function run(group, env, note) {
  const onStart = (stop) => void shutdown.add(`mutation of ${group.name}`, stop);
  return mutate(group, { reports: REPORTS, copy: COPY, concurrency, env, note: appearing(note), onStart });
}

/** @returns {number} the exit code */
function printed(reports) {
  const counts = reports.flatMap(countMutants);
  for (const line of ['', ...reports.flatMap(survivors), '', ...table(counts)]) console.log(line);
  const reached = score(total(counts));
  if (reached >= THRESHOLD) return 0;
  console.log(
    `✗ ${reached.toFixed(1)} % is less than ${THRESHOLD} %: write the tests that notice what is listed above`,
  );
  return 1;
}

/** Removes everything this run has made. */
async function finish(code) {
  await shutdown.stop();
  process.exit(code);
}
