import { Progress } from '@sluice/stack/progress';
import { inRoot } from '@sluice/stack/workspace';
import { defineCommand } from '../command.js';
import { build } from '@sluice/stack/build/build';
import { runProgram } from '../run-program.js';

export const command = defineCommand({
  usage:
    'npm run typecheck\nBuilds, which checks the types of the page, and checks the types of everything else with its specs.',
  run: async () => {
    await build(new Progress());
    const compiler = inRoot('node_modules/typescript7/bin/tsc');
    return runProgram(process.execPath, [compiler, '-p', 'tsconfig.json']);
  },
});
