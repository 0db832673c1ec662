import { mutateFiles } from '@sluice/mutation/mutate-files';
import { defineCommand, NO_LIMIT } from '../command.js';
import { runUntilStopped } from '../run-until-stopped.js';

export const command = defineCommand({
  usage: `npm run mutate -- [file or folder ...]
Breaks the rules one at a time, and shows which of the mutants no test notices. Takes minutes to hours.`,
  words: [0, NO_LIMIT],
  run: ({ words }) => runUntilStopped(({ shutdown }) => mutateFiles(words, shutdown)),
});
