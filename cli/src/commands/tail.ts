import { compiled, operatorsBroker } from '@sluice/stack/rabbitmq/operator';
import { StateDirectory } from '@sluice/stack/state-directory';
import { defineCommand, FLAG, NO_LIMIT } from '../command.js';
import { tail, tailRequest } from '../tail.js';

/** The broker is the one of AMQP_URL, else the one of a running `npm start`. */
export const command = defineCommand({
  usage: `npm run tail -- ['<pattern>' ...] [--json]
  'order.*'            a topic pattern; all facts without one
  --json               whole messages, one a line
Prints facts as they are published, until Ctrl-C.`,
  options: { json: FLAG },
  words: [0, NO_LIMIT],
  run: async (line) => {
    await compiled();
    await tail(tailRequest(line), await operatorsBroker(new StateDirectory()));
  },
});
