import { chaosArguments, USAGE } from '@sluice/chaos/arguments';
import { defineCommand } from '../command.js';
import { runTests } from '../tests.js';

/** In the path of the tests that npm test leaves out. */
const SLOW = '.slow.spec';

export const command = defineCommand({
  usage: USAGE,
  passes: true, // chaos parses its own arguments
  run: async ({ args }) => {
    const options = chaosArguments(args);
    if (options.help) return console.log(USAGE);
    if (options.specs) return runTests([SLOW], { words: [SLOW] });
    const { chaos, chaosOften } = await import('@sluice/chaos/run'); // neither --help nor a mistake needs it
    return options.seeds > 1 ? chaosOften(options) : chaos(options);
  },
});
