// Restarts services of a running `npm start`: npm run restart -- orders
import './lib/node-version.mjs';
import { runTool } from './lib/failure.mjs';
import { Home } from './lib/home.mjs';
import { Progress } from './lib/progress.mjs';
import { askRestart } from './lib/restarts.mjs';
import { commandLine } from './lib/usage.mjs';

runTool(async () => {
  const { words: services } = commandLine('restart');
  await new Progress().step(`restart of ${services.join(', ')}`, () => askRestart(new Home(), services));
});
