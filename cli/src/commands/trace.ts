import { ensureCompiled } from '@sluice/stack/build/compiled';
import { administratorsBroker } from '@sluice/stack/rabbitmq/administration';
import { StateDirectory } from '@sluice/stack/state-directory';
import { defineCommand, FLAG } from '../command.js';
import { traceOff, traceOn } from '../trace.js';

export const command = defineCommand({
  usage: `npm run trace -- on [--json] | off
Prints every message of the broker until Ctrl-C, by its firehose; off switches it off after a trace that was killed.`,
  options: { json: FLAG },
  words: [1, 1],
  run: async ({ words: [state], values: { json = false }, mistake }) => {
    if (state !== 'on' && state !== 'off') throw mistake(`not understood: ${state}`);
    await ensureCompiled();
    const broker = await administratorsBroker(new StateDirectory());
    if (state === 'on') return traceOn(broker, { json });
    await traceOff(broker);
    console.log('the firehose is off');
  },
});
