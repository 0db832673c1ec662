// Whether the gateway does what /openapi.json says, whatever is sent to it (docs/reliability.md): npm run fuzz; --
// --help says more.
import './lib/node-version.mjs';
import { runTool } from './lib/failure.mjs';
import { fuzzArguments } from './lib/fuzz/arguments.mjs';

runTool(async () => {
  const options = fuzzArguments(process.argv.slice(2));
  const { fuzz } = await import('./lib/fuzz/run.mjs'); // neither --help nor a mistake needs it
  return fuzz(options);
});
