import { requireAddresses } from '@sluice/stack/addresses';
import { Failure } from '@sluice/stack/failure';
import { holderOf, tryLock } from '@sluice/stack/lock';
import { isFree } from '@sluice/stack/ports';
import { Progress, seconds } from '@sluice/stack/progress';
import { serveRestartRequests } from '@sluice/stack/services/restarts';
import { endOrphans, type Supervisor } from '@sluice/stack/services/supervisor';
import type { Shutdown } from '@sluice/stack/shutdown';
import { StateDirectory } from '@sluice/stack/state-directory';
import { startSystem } from '@sluice/stack/system';
import { sellOneOrder, timelineLines } from './demo.js';
import { fasterNodeLine } from './faster-node.js';
import { runUntilStopped } from './run-until-stopped.js';

interface Options {
  /** Sells one order once the system is ready. */
  demo: boolean;
  /** Stops when the system is ready and the order is sold, instead of at a signal. */
  exitAfterDemo: boolean;
  /** Called once the system is ready. */
  onReady?: (run: ReadySystem) => Promise<void>;
}

export interface ReadySystem {
  supervisor: Supervisor;
  progress: Progress;
  shutdown: Shutdown;
}

/**
 * Starts the whole system, and stops it at a signal.
 * @returns the exit code, once everything has stopped
 */
export async function startAndServe({ demo, exitAfterDemo, onReady }: Options): Promise<number> {
  const stateDirectory = new StateDirectory();
  const progress = new Progress();
  const port = Number(process.env['PORT'] || 8080);
  const url = `http://localhost:${port}`;
  let unlock: (() => void) | undefined;
  let stoppingSince = 0;
  const onStopping = (code: number): void => {
    stoppingSince = performance.now();
    progress.stopping = true;
    if (code === 0) progress.line('stopping');
  };
  const code = await runUntilStopped(
    async ({ shutdown, fail }) => {
      requireAddresses();
      unlock = lock(stateDirectory, url);
      await endOrphans(stateDirectory);
      await requireFreePort(port);
      const { supervisor, broker } = await startSystem({
        ...{ stateDirectory, progress, shutdown, port },
        giveUp: fail,
        isSwitched: true,
      });
      const endRestarts = serveRestartRequests(
        stateDirectory,
        (service, env) => supervisor.restart(service, env),
        (line: string) => progress.line(line),
      );
      await shutdown.add('restarts', endRestarts);
      const ready = seconds(performance.now());
      stateDirectory.remember('ready', { url, pid: process.pid, seconds: Number.parseFloat(ready) });
      progress.line(`✓ ready after ${ready}`);
      if (demo) await demonstrate(url, progress);
      for (const line of addressLines(stateDirectory, url, broker.managementUrl)) progress.line(line);
      const restored = stateDirectory.recall('restored');
      if (restored)
        progress.line(`! The databases are as of ${restored.takenAt}: npm run reannounce says what was in the broker.`);
      const advice = fasterNodeLine(process.versions.node);
      if (advice) progress.line(advice);
      await onReady?.({ supervisor, progress, shutdown });
      if (exitAfterDemo) return 0;
      supervisor.showLogs = true;
      return new Promise<never>(() => {}); // until a signal or a failure
    },
    { signalCode: 0, onStopping },
  );
  if (unlock) stateDirectory.forget('ready'); // otherwise it is another start's
  unlock?.();
  if (code === 0) progress.line(`✓ stopped (${seconds(performance.now() - stoppingSince)})`);
  return code;
}

/** Locks the state directory for one start at a time: its data has one owner. @returns what releases the lock */
function lock(stateDirectory: StateDirectory, url: string): () => void {
  const file = stateDirectory.path('running.lock');
  const release = tryLock(file, { url });
  if (release) return release;
  const holder = holderOf<{ url: string }>(file);
  throw new Failure(
    `Sluice is already running here: ${holder?.url} (process ${holder?.pid})`,
    'To stop it: npm run stop',
  );
}

async function requireFreePort(port: number): Promise<void> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Failure(`PORT is "${process.env['PORT']}": it must be a number from 1 to 65535`);
  if (!(await isFree(port)))
    throw new Failure(
      `port ${port} is taken by another program`,
      `Set PORT to another one: PORT=${port + 1} npm start`,
    );
}

async function demonstrate(url: string, progress: Progress): Promise<void> {
  const { order, events } = await progress.step('demo order', (note) => sellOneOrder(url, note));
  const { amount, currency } = order.total;
  progress.line(`\nOrder ${order.id}: ${(amount / 100).toFixed(2)} ${currency}, ${order.status}`);
  for (const line of timelineLines(events)) progress.line(line);
}

function addressLines(stateDirectory: StateDirectory, url: string, managementUrl: string | undefined): string[] {
  const { dir } = stateDirectory;
  const data = stateDirectory.recall('postgres')?.data;
  return [
    `\n  shop      ${url}`,
    `  API docs  ${url}/docs`,
    ...(managementUrl ? [managementLine(new URL(managementUrl), dir)] : []),
    ...(data && !data.startsWith(dir) ? [`  data      ${dir} and, where PostgreSQL's user can reach it, ${data}`] : []),
    `  logs      ${dir}/logs/\n\nCtrl-C stops everything; the data stays. npm run reset removes it.\n`,
  ];
}

function managementLine({ origin, username }: URL, dir: string): string {
  const place = process.env['AMQP_URL'] ? 'AMQP_MANAGEMENT_URL' : `${dir}/rabbitmq.json`;
  return `  RabbitMQ  ${origin} (user ${username}, password in ${place})`;
}
