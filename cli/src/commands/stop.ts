// @ts-nocheck
// Stops what `npm start` started, also when that was killed; the data stays: npm run stop
import { runCommand } from '@sluice/stack/failure';
import { StateDirectory } from '@sluice/stack/state-directory';
import { Progress } from '@sluice/stack/progress';
import { stopAll } from '@sluice/stack/stop-all';
import { commandLine } from '@sluice/stack/usage';

runCommand(async () => {
  commandLine('stop');
  await new Progress().step('stop', async (note) => {
    const ended = await stopAll(new StateDirectory());
    note(ended.length > 0 ? `${ended.join(', ')} ended` : 'nothing was running');
  });
});
