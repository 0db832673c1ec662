// Applies the map of the broker (topology/src/map.ts): npm run topology; -- listen <service> '<pattern>' adds a listener.
// The broker is the one of AMQP_URL, else the one of a running `npm start`.
import { build, install } from './lib/build.mjs';
import { Failure, runTool } from './lib/failure.mjs';
import { Home } from './lib/home.mjs';
import { Progress } from './lib/progress.mjs';
import { runningRabbit } from './lib/rabbitmq.mjs';
import { runTopology } from './lib/topology.mjs';

runTool(async () => {
  const env = { ...process.env, ...(process.env.AMQP_URL ? {} : await ours()) };
  const progress = new Progress();
  await install(progress);
  await build(progress);
  return runTopology(process.argv.slice(2), env);
});

async function ours() {
  const rabbit = await runningRabbit(new Home());
  if (!rabbit) throw new Failure('no broker: AMQP_URL is not set and no `npm start` is running here', 'Start one (npm start), or set AMQP_URL and AMQP_MANAGEMENT_URL.');
  return { AMQP_URL: rabbit.url, AMQP_MANAGEMENT_URL: rabbit.managementUrl };
}
