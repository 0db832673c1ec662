// Measurements: npm run bench -- hop | memory | ... , each with a PostgreSQL and a RabbitMQ of its own.
import './lib/node-version.mjs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { build, install } from './lib/build.mjs';
import { Failure, report } from './lib/failure.mjs';
import { privateServers } from './lib/private-servers.mjs';
import { Progress } from './lib/progress.mjs';
import { Shutdown } from './lib/shutdown.mjs';
import { commandLine } from './lib/usage.mjs';
import { inRoot, root } from './lib/workspace.mjs';

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
  report(error);
  finish(1);
}

async function bench() {
  [name, ...args] = commandLine('bench').words;
  if (!names().includes(name))
    throw new Failure(`there is no bench "${name}"`, `npm run bench -- ${names().join(' | ')}`);
  const progress = new Progress();
  await install(progress);
  await build(progress);
  if (name === 'memory') return runToEnd(inRoot('tools/bench-memory.mjs'), process.env);
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

async function runToEnd(program, env) {
  const child = spawn(process.execPath, [program, ...args], { cwd: root, env, stdio: 'inherit' });
  await shutdown.add(name, () => child.kill('SIGTERM'));
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

async function finish(code) {
  await shutdown.stop();
  process.exit(code);
}
