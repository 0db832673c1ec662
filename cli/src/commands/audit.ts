// @ts-nocheck
// Whether everything holds that always must (docs/operations.md, "The audit"): npm run audit; -- --settle 60 waits up to 60 s for quiet.
// Of the running `npm start`, or of the servers that DATABASE_URL, AMQP_URL and AMQP_MANAGEMENT_URL name. Exits with 1 when something is broken.
import { requireAddresses } from '@sluice/stack/addresses';
import { runAudit, settleArgument } from '@sluice/audit/run';
import { systemOf } from '@sluice/audit/system';
import { runCommand } from '@sluice/stack/failure';
import { StateDirectory } from '@sluice/stack/state-directory';
import { commandLine } from '@sluice/stack/usage';

runCommand(async () => {
  const settleMs = settleArgument(commandLine('audit').args);
  requireAddresses();
  return runAudit(await systemOf(new StateDirectory(), process.env), settleMs);
});
