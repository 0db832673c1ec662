// @ts-nocheck
// Whether anything is lost when anything dies (docs/reliability.md): npm run chaos; -- --help says more.
import { chaosArguments, USAGE } from '@sluice/chaos/arguments';
import { chaos, chaosOften } from '@sluice/chaos/run';
import { runCommand } from '@sluice/stack/failure';

runCommand(async () => {
  const options = chaosArguments(process.argv.slice(2));
  if (options.help) return console.log(USAGE);
  return options.seeds > 1 ? chaosOften(options) : chaos(options);
});
