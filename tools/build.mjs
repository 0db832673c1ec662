// Installs, generates and compiles what has changed: npm run build
import { runTool } from './lib/failure.mjs';
import { build, install } from './lib/build.mjs';
import { Progress } from './lib/progress.mjs';

runTool(async () => {
  const progress = new Progress();
  await install(progress);
  await build(progress);
});
