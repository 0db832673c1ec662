// Applies the map of the broker (topology/src/map.ts): npm run topology; -- listen <service> '<pattern>' adds a listener.
// The broker is the one of AMQP_URL, else the one of a running `npm start`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { build, install } from './lib/build.mjs';
import { Failure, runTool } from './lib/failure.mjs';
import { Home } from './lib/home.mjs';
import { Progress } from './lib/progress.mjs';
import { runningRabbit } from './lib/rabbitmq.mjs';
import { inRoot } from './lib/workspace.mjs';

runTool(async () => {
  const env = { ...process.env, ...(process.env.AMQP_URL ? {} : await ours()) };
  const progress = new Progress();
  await install(progress);
  await build(progress);
  const child = spawn(process.execPath, [inRoot('topology/dist/main.js'), ...process.argv.slice(2)], { env, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  return code ?? 1;
});

async function ours() {
  const rabbit = await runningRabbit(new Home());
  if (!rabbit) throw new Failure('no broker: AMQP_URL is not set and no `npm start` is running here', 'Start one (npm start), or set AMQP_URL and AMQP_MANAGEMENT_URL.');
  return { AMQP_URL: rabbit.url, AMQP_MANAGEMENT_URL: rabbit.managementUrl };
}
