// @ts-nocheck
// Restarts services of a running `npm start`: npm run restart -- orders
import { runCommand } from '@sluice/stack/failure';
import { StateDirectory } from '@sluice/stack/state-directory';
import { Progress } from '@sluice/stack/progress';
import { requestRestart } from '@sluice/stack/services/restarts';
import { commandLine } from '@sluice/stack/usage';

runCommand(async () => {
  const { words: services } = commandLine('restart');
  await new Progress().step(`restart of ${services.join(', ')}`, () => requestRestart(new StateDirectory(), services));
});
