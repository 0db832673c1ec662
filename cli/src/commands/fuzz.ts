// @ts-nocheck
// Whether the gateway does what /openapi.json says, whatever is sent to it (docs/reliability.md): npm run fuzz; --
// --help says more.
import { runCommand } from '@sluice/stack/failure';
import { fuzzArguments } from '@sluice/fuzz/arguments';

runCommand(async () => {
  const options = fuzzArguments(process.argv.slice(2));
  const { fuzz } = await import('@sluice/fuzz/run'); // neither --help nor a mistake needs it
  return fuzz(options);
});
