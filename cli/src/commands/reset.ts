import { existsSync } from 'node:fs';
import { Progress } from '@sluice/stack/progress';
import { outsideOf } from '@sluice/stack/reachable';
import { StateDirectory } from '@sluice/stack/state-directory';
import { defineCommand, FLAG } from '../command.js';
import { confirmReset, reset } from '../reset.js';

export const command = defineCommand({
  usage: `npm run reset -- [--yes]
  --yes                does not ask
Stops everything and removes the data of this checkout (.sluice, or SLUICE_HOME): databases, queues, passwords, logs.
What DATABASE_URL and AMQP_URL name is left alone.`,
  options: { yes: FLAG },
  run: async ({ values: { yes } }) => {
    const stateDirectory = new StateDirectory();
    if (!existsSync(stateDirectory.dir) && !existsSync(outsideOf(stateDirectory.dir)))
      return console.log(`there is nothing to remove in ${stateDirectory.dir}`);
    if (!yes) await confirmReset(stateDirectory);
    await new Progress().step('reset', (note) => reset(stateDirectory, note));
  },
});
