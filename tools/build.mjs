// Installs, generates and compiles what has changed: npm run build
import './lib/node-version.mjs';
import { runTool } from './lib/failure.mjs';
import { build, install } from './lib/build.mjs';
import { Progress } from './lib/progress.mjs';
import { commandLine } from './lib/usage.mjs';

runTool(async () => {
  commandLine('build');
  const progress = new Progress();
  await install(progress);
  await build(progress);
});
