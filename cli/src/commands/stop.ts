// @ts-nocheck
// Stops what `npm start` started, also when that was killed; the data stays: npm run stop
import { runTool } from '@sluice/stack/failure';
import { Home } from '@sluice/stack/home';
import { Progress } from '@sluice/stack/progress';
import { stopAll } from '@sluice/stack/stop-all';
import { commandLine } from '@sluice/stack/usage';

runTool(async () => {
  commandLine('stop');
  await new Progress().step('stop', async (tell) => {
    const ended = await stopAll(new Home());
    tell(ended.length > 0 ? `${ended.join(', ')} ended` : 'nothing was running');
  });
});
