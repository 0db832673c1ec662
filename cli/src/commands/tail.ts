import { ensureCompiled } from '@sluice/stack/build/compiled';
import { administratorsBroker } from '@sluice/stack/rabbitmq/administration';
import { StateDirectory } from '@sluice/stack/state-directory';
import { defineCommand, FLAG, NO_LIMIT } from '../command.js';
import { tail } from '../tail.js';

export const command = defineCommand({
  usage: `npm run tail -- ['<pattern>' ...] [--json]
  'order.*'            a topic pattern; all facts without one
  --json               whole messages, one a line
Prints facts as they are published, until Ctrl-C.`,
  options: { json: FLAG },
  words: [0, NO_LIMIT],
  run: async ({ words, values: { json = false } }) => {
    await ensureCompiled();
    const patterns = words.length > 0 ? words : ['#'];
    await tail({ patterns, json }, await administratorsBroker(new StateDirectory()));
  },
});
