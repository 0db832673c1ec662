// @ts-nocheck
// Everything, with one command: npm start
//   -- --no-demo            does not sell a demo order
//   -- --exit-after-demo    stops after the demo order, for scripted checks
import { requireAddresses } from '@sluice/stack/addresses';
import { sellOneOrder, timelineLines } from '../demo.js';
import { Failure, printFailure } from '@sluice/stack/failure';
import { StateDirectory } from '@sluice/stack/state-directory';
import { holderOf, tryLock } from '@sluice/stack/lock';
import { isFree } from '@sluice/stack/ports';
import { Progress, seconds } from '@sluice/stack/progress';
import { Shutdown } from '@sluice/stack/shutdown';
import { serveRestartRequests } from '@sluice/stack/services/restarts';
import { endOrphans } from '@sluice/stack/services/supervisor';
import { startSystem } from '@sluice/stack/system';
import { commandLine } from '@sluice/stack/usage';

const stateDirectory = new StateDirectory();
const progress = new Progress();
const shutdown = new Shutdown();
const port = Number(process.env.PORT || 8080);
const url = `http://localhost:${port}`;
let release;

shutdown.onSignal(
  () => finish(0),
  () => process.exit(130), // what is left is recorded: the next start, or npm run stop, ends it
);
shutdown.onCrash(fail);
start().catch(fail);

async function start() {
  const options = readOptions();
  requireAddresses();
  takeHome();
  await endOrphans(stateDirectory);
  await requireFreePort();
  const { supervisor, broker } = await startSystem({ stateDirectory, progress, shutdown, port, giveUp: fail });
  await shutdown.add(
    'restarts',
    serveRestartRequests(
      stateDirectory,
      (service) => supervisor.restart(service),
      (line) => progress.line(line),
    ),
  );
  const ready = seconds(performance.now());
  stateDirectory.remember('ready', { url, pid: process.pid, seconds: Number.parseFloat(ready) });
  progress.line(`✓ ready after ${ready}`);
  if (options.demo) await demonstrate();
  printAddresses(broker);
  if (options.exit) return finish(0);
  supervisor.showLogs = true;
}

function readOptions() {
  const { values } = commandLine('start');
  return { demo: !values['no-demo'], exit: values['exit-after-demo'] };
}

/** One start at a time for one home: its data has one owner. */
function takeHome() {
  const file = stateDirectory.path('running.lock');
  release = tryLock(file, { url });
  if (release) return;
  const holder = holderOf(file);
  throw new Failure(
    `Sluice is already running here: ${holder?.url} (process ${holder?.pid})`,
    'To stop it: npm run stop',
  );
}

async function requireFreePort() {
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Failure(`PORT is "${process.env.PORT}": it must be a number from 1 to 65535`);
  if (!(await isFree(port)))
    throw new Failure(
      `port ${port} is taken by another program`,
      `Set PORT to another one: PORT=${port + 1} npm start`,
    );
}

async function demonstrate() {
  const { order, events } = await progress.step('demo order', (note) => sellOneOrder(url, note));
  const { amount, currency } = order.total;
  progress.line(`\nOrder ${order.id}: ${(amount / 100).toFixed(2)} ${currency}, ${order.status}`);
  timelineLines(events).forEach((line) => progress.line(line));
}

function printAddresses({ managementUrl }) {
  const management = managementUrl && new URL(managementUrl);
  progress.line(`\n  shop      ${url}`);
  progress.line(`  API docs  ${url}/docs`);
  if (management)
    progress.line(
      `  RabbitMQ  ${management.origin} (user ${management.username}, password in ${process.env.AMQP_URL ? 'AMQP_MANAGEMENT_URL' : `${stateDirectory.dir}/rabbitmq.json`})`,
    );
  const outside = stateDirectory.recall('postgres')?.data;
  if (outside && !outside.startsWith(stateDirectory.dir))
    progress.line(`  data      ${stateDirectory.dir} and, where PostgreSQL's user can reach it, ${outside}`);
  progress.line(
    `  logs      ${stateDirectory.dir}/logs/\n\nCtrl-C stops everything; the data stays. npm run reset removes it.\n`,
  );
}

function fail(error) {
  if (shutdown.requested) return; // it failed because we stop
  printFailure(error);
  finish(1);
}

let finishing = false;

/** Stops everything we started, gives the home back, and ends with that exit code. */
async function finish(code) {
  if (finishing) return;
  finishing = true;
  const begun = performance.now();
  progress.stopping = true;
  if (code === 0) progress.line('stopping');
  await shutdown.stop();
  stateDirectory.forget('ready');
  release?.();
  if (code === 0) progress.line(`✓ stopped (${seconds(performance.now() - begun)})`);
  process.exit(code);
}
