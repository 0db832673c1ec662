// @ts-nocheck
// Restarts services of a running `npm start`: npm run restart -- orders
import { runTool } from '@sluice/stack/failure';
import { Home } from '@sluice/stack/home';
import { Progress } from '@sluice/stack/progress';
import { askRestart } from '@sluice/stack/services/restarts';
import { commandLine } from '@sluice/stack/usage';

runTool(async () => {
  const { words: services } = commandLine('restart');
  await new Progress().step(`restart of ${services.join(', ')}`, () => askRestart(new Home(), services));
});
