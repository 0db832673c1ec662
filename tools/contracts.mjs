// Publishes the contracts as they are now: npm run contracts:publish; -- --withdraw <type> forgets a type that is gone.
import './lib/node-version.mjs';
import { build, install } from './lib/build.mjs';
import { publishContracts, withdrawContract } from './lib/contracts.mjs';
import { runTool } from './lib/failure.mjs';
import { Progress } from './lib/progress.mjs';
import { commandLine } from './lib/usage.mjs';

runTool(async () => {
  const { withdraw: type } = commandLine('contracts:publish').values;
  const progress = new Progress();
  await install(progress);
  await build(progress);
  for (const line of type ? await withdrawContract(type) : await publishContracts()) console.log(line);
});
