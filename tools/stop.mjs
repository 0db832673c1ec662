// Stops what `npm start` started, also when that was killed; the data stays: npm run stop
import './lib/node-version.mjs';
import { runTool } from './lib/failure.mjs';
import { Home } from './lib/home.mjs';
import { Progress } from './lib/progress.mjs';
import { stopAll } from './lib/stop-all.mjs';
import { commandLine } from './lib/usage.mjs';

runTool(async () => {
  commandLine('stop');
  await new Progress().step('stop', async (tell) => {
    const ended = await stopAll(new Home());
    tell(ended.length > 0 ? `${ended.join(', ')} ended` : 'nothing was running');
  });
});
