import { compiled, operatorsBroker } from '@sluice/stack/rabbitmq/operator';
import { StateDirectory } from '@sluice/stack/state-directory';
import { defineCommand, FLAG } from '../command.js';
import { traceOff, traceOn, traceRequest } from '../trace.js';

/** The broker is the one of AMQP_URL and AMQP_MANAGEMENT_URL, else the one of a running `npm start`. */
export const command = defineCommand({
  usage: `npm run trace -- on [--json] | off
Prints every message of the broker until Ctrl-C, by its firehose; off switches it off after a trace that was killed.`,
  options: { json: FLAG },
  words: [1, 1],
  run: async (line) => {
    const { state, json } = traceRequest(line);
    await compiled();
    const broker = await operatorsBroker(new StateDirectory());
    if (state === 'on') return traceOn(broker, { json });
    await traceOff(broker);
    console.log('the firehose is off');
  },
});
