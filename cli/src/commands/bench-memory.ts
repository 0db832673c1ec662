// @ts-nocheck
// npm run bench -- memory: the resident memory of a whole `npm start`, and the seconds to ready of its second start.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@sluice/stack/ports';
import { Failure, runCommand } from '@sluice/stack/failure';
import { allProcesses, withDescendants } from '../memory.js';
import { runningPostgres } from '@sluice/stack/postgres/postgres';
import { runningRabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import { temporaryStateDirectory, remove } from '@sluice/stack/private-servers';
import { inRoot, root } from '@sluice/stack/workspace';

const READY_WITHIN_MS = 300_000;
/** After the demo order, so that every service has worked; then a moment for what is only used at boot to be given back. */
const SETTLE_MS = 5_000;

runCommand(async () => {
  const stateDirectory = temporaryStateDirectory();
  try {
    const first = await whileRunning(stateDirectory, async (seconds, child) => (await once(child, 'exit'), seconds), [
      '--exit-after-demo',
    ]);
    console.log(`first start, with everything built: ready after ${first.toFixed(1)} s`);
    await whileRunning(stateDirectory, async (seconds) => {
      console.log(`second start: ready after ${seconds.toFixed(1)} s`);
      await sleep(SETTLE_MS);
      print(await measure(stateDirectory));
    });
  } finally {
    await remove(stateDirectory);
  }
});

/** Runs `npm start` in that home, does something once it is ready, and stops it. */
async function whileRunning(stateDirectory, work, args = ['--no-demo']) {
  const env = { ...process.env, SLUICE_HOME: stateDirectory.dir, PORT: String(await freePort()) };
  for (const given of ['DATABASE_URL', 'AMQP_URL', 'AMQP_MANAGEMENT_URL']) delete env[given];
  const child = spawn(process.execPath, [inRoot('start.mjs'), 'start', ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    return await work(await readyAfter(stateDirectory, child), child);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

async function readyAfter(stateDirectory, child) {
  for (const until = Date.now() + READY_WITHIN_MS; Date.now() < until && child.exitCode === null; await sleep(50)) {
    const ready = stateDirectory.recall('ready');
    if (ready?.pid === child.pid) return ready.seconds;
  }
  throw new Failure('the system did not become ready', `Its logs: ${stateDirectory.path('logs')}`);
}

async function measure(stateDirectory) {
  const rabbit = await runningRabbit(stateDirectory);
  const roots = [stateDirectory.recall('ready').pid, runningPostgres(stateDirectory)?.pid, rabbit?.process?.pid].filter(
    Boolean,
  );
  return withDescendants(allProcesses(), roots);
}

const MB = 1024 * 1024;
const megabytes = (bytes) => `${(bytes / MB).toFixed(0).padStart(6)} MB`;
const total = (processes, field) => processes.reduce((sum, usage) => sum + (usage[field] ?? 0), 0);

function print(processes) {
  const names = [...new Set(processes.map(nameOf))];
  const groups = names.map((name) => ({ name, group: processes.filter((usage) => nameOf(usage) === name) }));
  const rows = groups.map(({ name, group }) => ({ name, rss: total(group, 'rss'), pss: total(group, 'pss') }));
  console.log(`\n${'process'.padEnd(24)}${'RSS'.padStart(9)}${'PSS'.padStart(12)}`);
  for (const { name, rss, pss } of rows.sort((a, b) => b.rss - a.rss))
    console.log(`${name.padEnd(22)}${megabytes(rss)}   ${megabytes(pss)}`);
  console.log(`${'all'.padEnd(22)}${megabytes(total(processes, 'rss'))}   ${megabytes(total(processes, 'pss'))}`);
}

function nameOf({ command }) {
  const service = /apps\/([^/]+)\/dist\/main\.js/.exec(command)?.[1];
  if (service) return service;
  if (command.includes('beam.smp')) return 'RabbitMQ';
  if (command.includes('start.mjs')) return 'supervisor';
  return /postgres/.test(command) ? 'PostgreSQL' : 'RabbitMQ (helpers)';
}
