// Builds, and checks the types of everything with its specs: npm run typecheck
import './lib/node-version.mjs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { build, install } from './lib/build.mjs';
import { runTool } from './lib/failure.mjs';
import { Progress } from './lib/progress.mjs';
import { commandLine } from './lib/usage.mjs';
import { inRoot, root } from './lib/workspace.mjs';

runTool(async () => {
  commandLine('typecheck');
  const progress = new Progress();
  await install(progress);
  await build(progress);
  const child = spawn(process.execPath, [inRoot('node_modules/typescript7/bin/tsc'), '-p', 'tsconfig.check.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  const [code] = await once(child, 'exit');
  return code ?? 1;
});
