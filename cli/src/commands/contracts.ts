// @ts-nocheck
// Publishes the contracts as they are now: npm run contracts:publish; -- --withdraw <type> forgets a type that is gone.
import { build, install } from '@sluice/stack/build/build';
import { publishContracts, withdrawContract } from '../contracts.js';
import { runCommand } from '@sluice/stack/failure';
import { Progress } from '@sluice/stack/progress';
import { commandLine } from '@sluice/stack/usage';

runCommand(async () => {
  const { withdraw: type } = commandLine('contracts:publish').values;
  const progress = new Progress();
  await install(progress);
  await build(progress);
  for (const line of type ? await withdrawContract(type) : await publishContracts()) console.log(line);
});
