import { Progress } from '@sluice/stack/progress';
import { StateDirectory } from '@sluice/stack/state-directory';
import { stopAll } from '@sluice/stack/stop-all';
import { defineCommand } from '../command.js';

export const command = defineCommand({
  usage: `npm run stop
Stops what npm start has started, also when that was killed. The data stays.`,
  run: () =>
    new Progress().step('stop', async (note) => {
      const ended = await stopAll(new StateDirectory());
      note(ended.length > 0 ? `${ended.join(', ')} ended` : 'nothing was running');
    }),
});
