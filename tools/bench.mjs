// Measurements: npm run bench -- hop | memory | ... , each with a PostgreSQL and a RabbitMQ of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { build, install } from './lib/build.mjs';
import { Failure, report } from './lib/failure.mjs';
import { privateServers } from './lib/private-servers.mjs';
import { Progress } from './lib/progress.mjs';
import { Shutdown } from './lib/shutdown.mjs';
import { inRoot, root } from './lib/workspace.mjs';

const shutdown = new Shutdown();
const [name, ...args] = process.argv.slice(2);

shutdown.onSignal(
  () => finish(130),
  () => process.exit(130),
);
bench().then(finish, (error) => {
  if (shutdown.requested) return;
  report(error);
  finish(1);
});

async function bench() {
  const progress = new Progress();
  await install(progress);
  await build(progress);
  if (name === 'memory') return runToEnd(inRoot('tools/bench-memory.mjs'), process.env);
  const program = inRoot('bench/dist', `${name}.js`);
  if (!name || !existsSync(program)) throw new Failure(name ? `there is no bench "${name}"` : 'which bench?', `npm run bench -- ${names().join(' | ')}`);
  return runToEnd(program, { ...process.env, ...(await privateServers(progress, shutdown, { durable: true })) });
}

function names() {
  const built = existsSync(inRoot('bench/dist')) ? readdirSync(inRoot('bench/dist')) : [];
  return [...built.filter((file) => file.endsWith('.js')).map((file) => file.slice(0, -3)), 'memory'];
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
