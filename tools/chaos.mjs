// Whether anything is lost when anything dies (docs/reliability.md): npm run chaos; -- --help says more.
import './lib/node-version.mjs';
import { chaosArguments, USAGE } from './lib/chaos/arguments.mjs';
import { chaos, chaosOften } from './lib/chaos/run.mjs';
import { runTool } from './lib/failure.mjs';

runTool(async () => {
  const options = chaosArguments(process.argv.slice(2));
  if (options.help) return console.log(USAGE);
  return options.seeds > 1 ? chaosOften(options) : chaos(options);
});
