// @ts-nocheck
// Measurements: npm run bench -- hop | memory | ... , each with a PostgreSQL and a RabbitMQ of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { build, install } from '@sluice/stack/build/build';
import { Failure, printFailure } from '@sluice/stack/failure';
import { privateServers } from '@sluice/stack/private-servers';
import { Progress } from '@sluice/stack/progress';
import { Shutdown } from '@sluice/stack/shutdown';
import { commandLine } from '@sluice/stack/usage';
import { inRoot, root } from '@sluice/stack/workspace';

const shutdown = new Shutdown();
let [name, args] = ['', []];

shutdown.onSignal(
  () => finish(130),
  () => process.exit(130),
);
shutdown.onCrash(fail);
bench().then(finish, fail);

function fail(error) {
  if (shutdown.requested) return;
  printFailure(error);
  finish(1);
}

async function bench() {
  [name, ...args] = commandLine('bench').words;
  if (!names().includes(name))
    throw new Failure(`there is no bench "${name}"`, `npm run bench -- ${names().join(' | ')}`);
  const progress = new Progress();
  await install(progress);
  await build(progress);
  if (name === 'memory') return runToEnd(inRoot('start.mjs'), process.env, ['bench-memory', ...args]);
  return runToEnd(inRoot('bench/dist', `${name}.js`), {
    ...process.env,
    ...(await privateServers(progress, shutdown, { durable: true })),
  });
}

function names() {
  const programs = readdirSync(inRoot('bench/src')).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'),
  );
  return [...programs.map((file) => file.slice(0, -3)), 'memory'];
}

async function runToEnd(program, env, words = args) {
  const child = spawn(process.execPath, [program, ...words], { cwd: root, env, stdio: 'inherit' });
  await shutdown.add(name, () => child.kill('SIGTERM'));
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

async function finish(code) {
  await shutdown.stop();
  process.exit(code);
}
