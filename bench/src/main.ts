import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Report } from './benchmark.js';
import { BENCHMARKS, TABLE } from './benchmarks.js';
import { shown, spread } from './table/statistics.js';
import { otherPeersOf, tableOf, verdictsOf } from './table/table.js';

/**
 * Runs the named benchmarks, or all, one after the other, and prints the table: node main.js [<name>...]. A missed aim is
 * a verdict and no failure: the exit code is 1 only when a benchmark could not be measured, or lost a message.
 */
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(TABLE);
/** Exit code after Ctrl-C, as shells have it. */
const INTERRUPTED = 130;
const began = performance.now();
const reports: Report[] = [];
const failed: string[] = [];

for (const [index, name] of names.entries()) {
  console.log(`\n${name} (${index + 1} of ${names.length}, ${minutes()} min since the start)`);
  const { report, code } = await timed(name, () => runBenchmark(name));
  if (code === INTERRUPTED) {
    process.exitCode = INTERRUPTED;
    break;
  }
  if (report) reports.push(report);
  else failed.push(name);
  if (report && names.length > 1) for (const line of tableOf(report.rows)) console.log(line);
}
if (reports.length > 0) printTable();
for (const name of failed) console.log(`\n${name}: failed, see above`);
process.exitCode ??= failed.length > 0 ? 1 : 0;

function printTable(): void {
  const rows = reports.flatMap((report) => report.rows);
  const fixed = reports.flatMap(({ fixedWorkMs }) => fixedWorkMs);
  console.log(`\nNode ${process.versions.node}, ${minutes()} minutes`);
  if (process.env['BENCH_QUICK'] === 'true') console.log('One short round each: these values mean nothing.');
  if (fixed.length > 0) console.log(`fixed work: ${spread(fixed)} ms of CPU each time`);
  console.log();
  for (const line of tableOf(rows)) console.log(line);
  console.log(`\naims: ${verdictsOf(rows)}`);
  const others = otherPeersOf(rows);
  if (others.length > 0) console.log(`\nall peers, medians\n  ${others.join('\n  ')}`);
}

async function runBenchmark(name: string): Promise<{ report: Report | undefined; code: number | null }> {
  const child = fork(new URL('run-benchmark.js', import.meta.url), [name]);
  const pass = (signal: NodeJS.Signals) => void child.kill(signal);
  process.on('SIGTERM', pass).on('SIGINT', ignore); // Ctrl-C reaches the child by itself
  let report: Report | undefined;
  child.once('message', (message) => (report = message as Report));
  const [code] = (await once(child, 'close')) as [number | null];
  process.off('SIGTERM', pass).off('SIGINT', ignore);
  return { report, code };
}

/** Prints how long a benchmark takes beside what is planned for it: together they must stay below 25 minutes. */
async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  const isFull = process.env['BENCH_QUICK'] !== 'true';
  const planned = isFull ? `, planned ${BENCHMARKS[name]?.seconds}` : '';
  console.log(`${name} took ${shown((performance.now() - start) / 1_000)} s${planned}`);
  return result;
}

function ignore(): void {}

function minutes(): string {
  return shown((performance.now() - began) / 60_000, 1);
}
