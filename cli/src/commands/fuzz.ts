import { FUZZ_SYNTAX, fuzzArguments } from '@sluice/fuzz/arguments';
import { defineCommand } from '../command.js';

export const command = defineCommand({
  ...FUZZ_SYNTAX,
  run: async ({ args }) => {
    const options = fuzzArguments(args);
    const { fuzz } = await import('@sluice/fuzz/run'); // neither --help nor a mistake needs it
    return fuzz(options);
  },
});
