import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@sluice/stack/failure';
import { freePort } from '@sluice/stack/ports';
import { runningPostgres } from '@sluice/stack/postgres/postgres';
import { runningRabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import type { StateDirectory } from '@sluice/stack/state-directory';
import { inRoot, root } from '@sluice/stack/workspace';
import type { Benchmark, BenchRun } from '../benchmark.js';
import type { Row } from '../table/row.js';
import { allProcesses, memoryOf, withDescendants, type Process } from '../processes.js';
import { valueAtMost } from '../table/verdict.js';

const READY_WITHIN_MS = 300_000;
const POLL_MS = 50;
/** After the demo order, so that every service has worked; memory that only the boot needs is freed meanwhile. */
const SETTLE_MS = 5_000;

/** Seconds to ready of a first and of later `npm start`, and the resident memory of all processes without load. */
export const benchmark: Benchmark = {
  async measure(run) {
    const first: number[] = [];
    const later: number[] = [];
    await whileRunning(run, ['--exit-after-demo'], async (seconds, child) => {
      first.push(seconds);
      await once(child, 'exit');
    });
    for (let n = 0; n < (run.quick ? 1 : 2); n++)
      await whileRunning(run, ['--no-demo'], async (seconds) => {
        later.push(seconds);
        if (n > 0) return;
        await sleep(SETTLE_MS);
        print(run, await measureMemory(run.stateDirectory));
      });
    return rowsOf(first, later);
  },
};

const rowsOf = (first: number[], later: number[]): Row[] => [
  { work: 'first npm start with everything built, seconds', digits: 1, ours: first },
  { work: 'second npm start, seconds', digits: 1, ours: later, aim: valueAtMost(10) },
];

/** Runs `npm start` in the state directory, does the work once it is ready, and stops it. */
async function whileRunning(
  { stateDirectory, progress }: BenchRun,
  args: readonly string[],
  work: (seconds: number, child: ChildProcess) => Promise<void>,
): Promise<void> {
  const env = { ...process.env, SLUICE_HOME: stateDirectory.dir, PORT: String(await freePort()) };
  const child = spawn(process.execPath, [inRoot('start.mjs'), 'start', ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    await progress.step(`npm start -- ${args.join(' ')}`, async () =>
      work(await readyAfter(stateDirectory, child), child),
    );
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

/** Seconds. */
async function readyAfter(stateDirectory: StateDirectory, child: ChildProcess): Promise<number> {
  for (const end = Date.now() + READY_WITHIN_MS; Date.now() < end && child.exitCode === null; await sleep(POLL_MS)) {
    const ready = stateDirectory.recall('ready');
    if (ready && ready.pid === child.pid) return ready.seconds;
  }
  throw new Failure('the system did not become ready', `Its logs: ${stateDirectory.path('logs')}`);
}

async function measureMemory(stateDirectory: StateDirectory): Promise<PartMemory[]> {
  const rabbit = await runningRabbit(stateDirectory);
  const pids = [stateDirectory.recall('ready')?.pid, runningPostgres(stateDirectory)?.pid, rabbit?.process?.pid];
  const processes = withDescendants(
    allProcesses(),
    pids.filter((pid) => pid !== undefined),
  );
  const parts = new Map<string, PartMemory>();
  for (const { pid, command } of processes) {
    const { rss, pss = 0 } = memoryOf(pid);
    for (const name of [nameOf(command), 'all']) {
      const sum = parts.get(name) ?? { name, rss: 0, pss: 0 };
      parts.set(name, { name, rss: sum.rss + rss, pss: sum.pss + pss });
    }
  }
  return [...parts.values()].sort((one, other) => one.rss - other.rss);
}

interface PartMemory {
  name: string;
  rss: number;
  pss: number;
}

const MB = 1024 * 1024;
const megabytes = (bytes: number): string => `${(bytes / MB).toFixed(0).padStart(6)} MB`;

function print({ progress }: BenchRun, parts: readonly PartMemory[]): void {
  progress.line(`${'process'.padEnd(24)}${'RSS'.padStart(9)}${'PSS'.padStart(12)}`);
  for (const { name, rss, pss } of parts) progress.line(`${name.padEnd(22)}${megabytes(rss)}   ${megabytes(pss)}`);
}

function nameOf(command: Process['command']): string {
  const service = /apps\/([^/]+)\/dist\/main\.js/.exec(command)?.[1];
  if (service) return service;
  if (command.includes('beam.smp')) return 'RabbitMQ';
  if (command.includes('start.mjs')) return 'supervisor';
  return command.includes('postgres') ? 'PostgreSQL' : 'RabbitMQ (helpers)';
}
