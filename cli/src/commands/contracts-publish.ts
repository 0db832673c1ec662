import { Progress } from '@sluice/stack/progress';
import { defineCommand, TEXT } from '../command.js';
import { publishContracts, withdrawContract } from '../contracts.js';
import { build } from '@sluice/stack/build/build';

export const command = defineCommand({
  usage: `npm run contracts:publish -- [--withdraw <type>]
  --withdraw <type>    forgets a type that is gone
Writes the contracts down as they are now; refuses to break what is there.`,
  options: { withdraw: TEXT },
  run: async ({ values: { withdraw } }) => {
    await build(new Progress());
    for (const line of withdraw ? await withdrawContract(withdraw) : await publishContracts()) console.log(line);
  },
});
