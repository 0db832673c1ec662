// @ts-nocheck
// Applies the map of the broker (topology/src/map.ts): npm run topology; -- listen <service> '<pattern>' adds a listener;
// -- url <service> prints the AMQP_URL of its user. The broker is the one of AMQP_URL, else the one of a running `npm start`.
import { requireAddresses } from '@sluice/stack/addresses';
import { brokerUrlOf, withUsers } from '@sluice/stack/rabbitmq/users';
import { build, install } from '@sluice/stack/build/build';
import { Failure, runCommand } from '@sluice/stack/failure';
import { StateDirectory } from '@sluice/stack/state-directory';
import { Progress } from '@sluice/stack/progress';
import { runningRabbit, startRabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import { runTopology } from '@sluice/stack/rabbitmq/topology';
import { COMMANDS, commandLine, mistake } from '@sluice/stack/usage';

const stateDirectory = new StateDirectory();

runCommand(async () => {
  const { args, words, values } = commandLine('topology');
  if (!isWhole(words, values)) throw mistake(COMMANDS.topology.usage, `not understood: ${args.join(' ')}`);
  requireAddresses();
  const found = process.env.AMQP_URL
    ? { url: process.env.AMQP_URL, managementUrl: process.env.AMQP_MANAGEMENT_URL || undefined }
    : await ours(words[0]);
  if (words[0] === 'url')
    return console.log(brokerUrlOf({ url: found.url, passwords: stateDirectory.recall('broker-users') }, words[1]));
  try {
    const progress = new Progress();
    await install(progress);
    await build(progress);
    const more = words[0] === 'listen' ? [words[1]] : [];
    return await runTopology(args, await withUsers(stateDirectory, found, { ours: !process.env.AMQP_URL, more }));
  } finally {
    await found.stop?.();
  }
});

/** @param {string[]} words @param {{ prune?: boolean }} values whether each word belongs to a form of the command */
function isWhole([verb, ...rest], { prune }) {
  if (verb === undefined || prune) return verb === undefined;
  return (verb === 'listen' && rest.length === 2) || ((verb === 'url' || verb === 'switch') && rest.length === 1);
}

/** The broker of the running start. A queue is made anew while no service runs, so then the broker runs for that alone. */
async function ours(verb) {
  const running = await runningRabbit(stateDirectory);
  if (running) return { url: running.url, managementUrl: running.managementUrl };
  if (verb === 'switch' && stateDirectory.recall('rabbitmq')) return startRabbit(stateDirectory);
  throw new Failure(
    'no broker: AMQP_URL is not set and no `npm start` is running here',
    'Start one (npm start), or set AMQP_URL and AMQP_MANAGEMENT_URL.',
  );
}
