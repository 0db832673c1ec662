import { Progress } from '@sluice/stack/progress';
import { requestRestart } from '@sluice/stack/services/restarts';
import { StateDirectory } from '@sluice/stack/state-directory';
import { defineCommand, NO_LIMIT } from '../command.js';

export const command = defineCommand({
  usage: `npm run restart -- <service ...>
Ends the processes of these services of the running npm start in order, one after the other, and starts them again, with the
settings that npm start was given.`,
  words: [1, NO_LIMIT],
  run: async ({ words: services }) => {
    await new Progress().step(`restart of ${services.join(', ')}`, () =>
      requestRestart(new StateDirectory(), services),
    );
  },
});
