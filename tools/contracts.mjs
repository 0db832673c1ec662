// Publishes the contracts as they are now: npm run contracts:publish; -- --withdraw <type> forgets a type that is gone.
import { build, install } from './lib/build.mjs';
import { publishContracts, withdrawContract } from './lib/contracts.mjs';
import { Failure, runTool } from './lib/failure.mjs';
import { Progress } from './lib/progress.mjs';

runTool(async () => {
  const [option, type, ...rest] = process.argv.slice(2);
  if (option !== undefined && (option !== '--withdraw' || !type || rest.length > 0)) throw new Failure(`unknown arguments: ${process.argv.slice(2).join(' ')}`, 'Run: npm run contracts:publish, or npm run contracts:publish -- --withdraw <type>');
  const progress = new Progress();
  await install(progress);
  await build(progress);
  for (const line of option ? await withdrawContract(type) : await publishContracts()) console.log(line);
});
