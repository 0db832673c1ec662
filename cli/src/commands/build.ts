// @ts-nocheck
// Installs, generates and compiles what has changed: npm run build
import { runCommand } from '@sluice/stack/failure';
import { build, install } from '@sluice/stack/build/build';
import { Progress } from '@sluice/stack/progress';
import { commandLine } from '@sluice/stack/usage';

runCommand(async () => {
  commandLine('build');
  const progress = new Progress();
  await install(progress);
  await build(progress);
});
