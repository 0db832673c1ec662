// Whether everything holds that always must (docs/operations.md, "The audit"): npm run audit; -- --settle 60 waits up to 60 s for quiet.
// Of the running `npm start`, or of the servers that DATABASE_URL, AMQP_URL and AMQP_MANAGEMENT_URL name. Exits with 1 when something is broken.
import './lib/node-version.mjs';
import { requireAddresses } from './lib/addresses.mjs';
import { runAudit, settleArgument } from './lib/audit/run.mjs';
import { systemOf } from './lib/audit/system.mjs';
import { runTool } from './lib/failure.mjs';
import { Home } from './lib/home.mjs';
import { commandLine } from './lib/usage.mjs';

runTool(async () => {
  const settleMs = settleArgument(commandLine('audit').args);
  requireAddresses();
  return runAudit(await systemOf(new Home(), process.env), settleMs);
});
