// Applies the map of the broker (topology/src/map.ts): npm run topology; -- listen <service> '<pattern>' adds a listener;
// -- url <service> prints the AMQP_URL of its user. The broker is the one of AMQP_URL, else the one of a running `npm start`.
import './lib/node-version.mjs';
import { requireAddresses } from './lib/addresses.mjs';
import { brokerUrlOf, withUsers } from './lib/broker-users.mjs';
import { build, install } from './lib/build.mjs';
import { Failure, runTool } from './lib/failure.mjs';
import { Home } from './lib/home.mjs';
import { Progress } from './lib/progress.mjs';
import { runningRabbit } from './lib/rabbitmq.mjs';
import { runTopology } from './lib/topology.mjs';
import { COMMANDS, commandLine, mistake } from './lib/usage.mjs';

const home = new Home();

runTool(async () => {
  const { args, words, values } = commandLine('topology');
  if (!isWhole(words, values)) throw mistake(COMMANDS.topology.usage, `not understood: ${args.join(' ')}`);
  requireAddresses();
  const found = process.env.AMQP_URL ? { url: process.env.AMQP_URL, managementUrl: process.env.AMQP_MANAGEMENT_URL || undefined } : await ours();
  if (args[0] === 'url') return console.log(brokerUrlOf({ url: found.url, passwords: home.recall('broker-users') }, args[1]));
  const progress = new Progress();
  await install(progress);
  await build(progress);
  const more = args[0] === 'listen' && args[1] ? [args[1]] : [];
  return runTopology(args, await withUsers(home, found, { ours: !process.env.AMQP_URL, more }));
});

/** @param {string[]} words @param {{ prune?: boolean }} values whether each word belongs to a form of the command */
function isWhole([verb, ...rest], { prune }) {
  if (verb === undefined || prune) return verb === undefined;
  return (verb === 'listen' && rest.length === 2) || (verb === 'url' && rest.length === 1);
}

async function ours() {
  const rabbit = await runningRabbit(home);
  if (!rabbit) throw new Failure('no broker: AMQP_URL is not set and no `npm start` is running here', 'Start one (npm start), or set AMQP_URL and AMQP_MANAGEMENT_URL.');
  return { url: rabbit.url, managementUrl: rabbit.managementUrl };
}
