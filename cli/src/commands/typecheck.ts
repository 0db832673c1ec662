// @ts-nocheck
// Builds, and checks the types of everything with its specs: npm run typecheck
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { build, install } from '@sluice/stack/build/build';
import { runCommand } from '@sluice/stack/failure';
import { Progress } from '@sluice/stack/progress';
import { commandLine } from '@sluice/stack/usage';
import { inRoot, root } from '@sluice/stack/workspace';

runCommand(async () => {
  commandLine('typecheck');
  const progress = new Progress();
  await install(progress);
  await build(progress);
  const child = spawn(process.execPath, [inRoot('node_modules/typescript7/bin/tsc'), '-p', 'tsconfig.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  const [code] = await once(child, 'exit');
  return code ?? 1;
});
