import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, runCommand } from '@sluice/stack/failure';
import { freePort } from '@sluice/stack/ports';
import { runningPostgres } from '@sluice/stack/postgres/postgres';
import { remove, temporaryStateDirectory } from '@sluice/stack/private-servers';
import { runningRabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import type { StateDirectory } from '@sluice/stack/state-directory';
import { inRoot, root } from '@sluice/stack/workspace';
import { allProcesses, withDescendants, type ProcessMemory } from './memory/processes.js';

const READY_WITHIN_MS = 300_000;
const POLL_MS = 50;
/** After the demo order, so that every service has worked; memory that only the boot needs is freed meanwhile. */
const SETTLE_MS = 5_000;

/** Prints the resident memory of a whole `npm start`, and the seconds to ready of its first and second start. */
async function measureMemory(): Promise<void> {
  const stateDirectory = temporaryStateDirectory();
  try {
    await whileRunning(stateDirectory, ['--exit-after-demo'], async (seconds, child) => {
      await once(child, 'exit');
      console.log(`first start, with everything built: ready after ${seconds.toFixed(1)} s`);
    });
    await whileRunning(stateDirectory, ['--no-demo'], async (seconds) => {
      console.log(`second start: ready after ${seconds.toFixed(1)} s`);
      await sleep(SETTLE_MS);
      print(await measure(stateDirectory));
    });
  } finally {
    await remove(stateDirectory);
  }
}

/** Runs `npm start` in a state directory, does the work once it is ready, and stops it. */
async function whileRunning(
  stateDirectory: StateDirectory,
  args: readonly string[],
  work: (seconds: number, child: ChildProcess) => Promise<void>,
): Promise<void> {
  const servers = { DATABASE_URL: undefined, AMQP_URL: undefined, AMQP_MANAGEMENT_URL: undefined }; // it brings its own
  const env = { ...process.env, ...servers, SLUICE_HOME: stateDirectory.dir, PORT: String(await freePort()) };
  const child = spawn(process.execPath, [inRoot('start.mjs'), 'start', ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    await work(await readyAfter(stateDirectory, child), child);
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

async function measure(stateDirectory: StateDirectory): Promise<ProcessMemory[]> {
  const rabbit = await runningRabbit(stateDirectory);
  const pids = [stateDirectory.recall('ready')?.pid, runningPostgres(stateDirectory)?.pid, rabbit?.process?.pid];
  return withDescendants(
    allProcesses(),
    pids.filter((pid) => pid !== undefined),
  );
}

const MB = 1024 * 1024;
const megabytes = (bytes: number): string => `${(bytes / MB).toFixed(0).padStart(6)} MB`;
const total = (processes: readonly ProcessMemory[], field: 'rss' | 'pss'): number =>
  processes.reduce((sum, memory) => sum + (memory[field] ?? 0), 0);

function print(processes: readonly ProcessMemory[]): void {
  const row = (name: string, group: readonly ProcessMemory[]) => ({
    name,
    rss: total(group, 'rss'),
    pss: total(group, 'pss'),
  });
  const names = [...new Set(processes.map(nameOf))];
  const rows = names.map((name) =>
    row(
      name,
      processes.filter((memory) => nameOf(memory) === name),
    ),
  );
  console.log(`\n${'process'.padEnd(24)}${'RSS'.padStart(9)}${'PSS'.padStart(12)}`);
  for (const { name, rss, pss } of [...rows.sort((a, b) => b.rss - a.rss), row('all', processes)])
    console.log(`${name.padEnd(22)}${megabytes(rss)}   ${megabytes(pss)}`);
}

function nameOf({ command }: ProcessMemory): string {
  const service = /apps\/([^/]+)\/dist\/main\.js/.exec(command)?.[1];
  if (service) return service;
  if (command.includes('beam.smp')) return 'RabbitMQ';
  if (command.includes('start.mjs')) return 'supervisor';
  return command.includes('postgres') ? 'PostgreSQL' : 'RabbitMQ (helpers)';
}

await runCommand(measureMemory);
