import { printFailure } from '@sluice/stack/failure';
import { defineCommand, FLAG, NO_LIMIT, TEXT, TEXTS, type Command } from '../command.js';
import { printCounts, runTests } from '../tests.js';

const definition = defineCommand({
  usage: `npm test -- [path or part of one ...] [options of vitest]
  --watch              runs them again as files change, until q or Ctrl-C; other runs in this checkout use its servers
  -t <name>            those tests alone whose name has this
  -u, --bail, --coverage, --hookTimeout, --logHeapUsage, --maxWorkers, --no-file-parallelism, --project, --reporter, --retry, --shard, --silent, --testTimeout
Runs the tests, all or those of some files, with the servers that they need.`,
  options: {
    testNamePattern: { type: 'string', short: 't' },
    update: { type: 'boolean', short: 'u' },
    ...{ bail: TEXT, hookTimeout: TEXT, maxWorkers: TEXT, retry: TEXT, shard: TEXT, testTimeout: TEXT },
    ...{ project: TEXTS, reporter: TEXTS },
    ...{ coverage: FLAG, logHeapUsage: FLAG, 'no-file-parallelism': FLAG, silent: FLAG, watch: FLAG },
  },
  words: [0, NO_LIMIT],
  run: ({ args, words, values: { watch = false } }) =>
    runTests(
      args.filter((arg) => arg !== '--watch'),
      { words, watch },
    ),
});

/** The last line is the counts, also after a mistake in the arguments. */
export const command: Command = {
  ...definition,
  execute: (args) =>
    definition.execute(args).catch((error: unknown) => {
      printFailure(error);
      return printCounts({ passed: 0, failed: 1 });
    }),
};
