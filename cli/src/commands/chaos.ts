import { chaosArguments, USAGE } from '@sluice/chaos/arguments';
import { defineCommand } from '../command.js';

export const command = defineCommand({
  usage: USAGE,
  passes: true, // chaos parses its own arguments
  run: async ({ args }) => {
    const options = chaosArguments(args);
    if (options.help) return console.log(USAGE);
    const { chaos, chaosOften } = await import('@sluice/chaos/run'); // neither --help nor a mistake needs it
    return options.seeds > 1 ? chaosOften(options) : chaos(options);
  },
});
