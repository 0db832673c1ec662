import { runCommand } from '@sluice/stack/failure';
import { startPostgres } from '@sluice/stack/postgres/postgres';
import { startRabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import { temporaryRun, type TemporaryRun } from '@sluice/stack/temporary-run';
import { waitForAll } from '@sluice/stack/wait-for-all';
import type { Benchmark, Report } from './benchmark.js';
import { BENCHMARKS } from './benchmarks.js';
import { fixedWork } from './rounds.js';

/**
 * Runs one benchmark in this process: node run-benchmark.js <name>. Each has a process of its own, because heap and
 * compiled code of one would otherwise change the results of the next.
 */
async function runBenchmark(name: string): Promise<void> {
  const { benchmark } = (await import(`./benchmarks/${name}.js`)) as { benchmark: Benchmark };
  const [quick, profiles] = [process.env['BENCH_QUICK'] === 'true', process.env['BENCH_PROFILES'] || undefined];
  const rows = await temporaryRun('bench', async (run) => {
    if (BENCHMARKS[name]?.servers) await startServers(run);
    return benchmark.measure({ ...run, quick, profiles });
  });
  const report: Report = { rows, fixedWorkMs: fixedWork };
  await new Promise((sent) => (process.send ? process.send(report, sent) : sent(undefined)));
}

/** Starts a PostgreSQL and a RabbitMQ that wait for the disk, as those of `npm start` do. */
async function startServers({ stateDirectory, progress }: TemporaryRun): Promise<void> {
  const [postgres, rabbit] = await waitForAll([
    progress.step('PostgreSQL', () => startPostgres(stateDirectory)),
    progress.step('RabbitMQ', (note) => startRabbit(stateDirectory, { note })),
  ]);
  const addresses = { DATABASE_URL: postgres.url, AMQP_URL: rabbit.url, AMQP_MANAGEMENT_URL: rabbit.managementUrl };
  Object.assign(process.env, addresses);
}

await runCommand(() => runBenchmark(process.argv[2] ?? ''));
