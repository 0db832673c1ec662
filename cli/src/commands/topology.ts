import { requireAddresses } from '@sluice/stack/addresses';
import { Progress } from '@sluice/stack/progress';
import { runTopology } from '@sluice/stack/rabbitmq/topology';
import { brokerUrlOf, withUsers } from '@sluice/stack/rabbitmq/users';
import { StateDirectory } from '@sluice/stack/state-directory';
import { defineCommand, FLAG } from '../command.js';
import { build } from '@sluice/stack/build/build';
import { isTopologyAction, topologyBroker } from '../topology.js';

export const command = defineCommand({
  usage: `npm run topology -- [--prune | switch <queue> | listen <service> '<pattern>' | url <service>]
  nothing              applies the map (topology/src/map.ts) and the services' users to the broker
  --prune              and removes what the map does not know, nothing uses and nothing waits in
  switch               makes a queue anew with the arguments of the map, and keeps its messages; its service must not run
  listen               adds the queue <service>.events, and its user, for a new listener
  url                  prints the AMQP_URL of a service's user`,
  options: { prune: FLAG },
  words: [0, 3],
  run: async ({ args, words, values: { prune = false }, mistake }) => {
    if (!isTopologyAction(words, prune)) throw mistake(`not understood: ${args.join(' ')}`);
    requireAddresses();
    const stateDirectory = new StateDirectory();
    const [action, service = ''] = words;
    const { stop, ...broker } = await topologyBroker(action, stateDirectory);
    if (action === 'url')
      return console.log(brokerUrlOf({ url: broker.url, passwords: stateDirectory.recall('broker-users') }, service));
    try {
      await build(new Progress());
      const more = action === 'listen' ? [service] : [];
      return await runTopology(args, await withUsers(stateDirectory, broker, { ours: !process.env['AMQP_URL'], more }));
    } finally {
      await stop?.();
    }
  },
});
