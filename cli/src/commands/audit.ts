import { requireAddresses } from '@sluice/stack/addresses';
import { runAudit, settleArgument } from '@sluice/audit/run';
import { systemOf } from '@sluice/audit/system';
import { StateDirectory } from '@sluice/stack/state-directory';
import { defineCommand, TEXT } from '../command.js';

/** Of the running `npm start`, or of the servers that DATABASE_URL, AMQP_URL and AMQP_MANAGEMENT_URL name. */
export const command = defineCommand({
  usage: `npm run audit -- [--settle <seconds>]
  --settle <seconds>   waits so long for quiet first
Looks whether everything holds that always must. Changes nothing. Exits with 1 when something is broken.`,
  options: { settle: TEXT },
  run: async ({ args }) => {
    const settleMs = settleArgument(args);
    requireAddresses();
    return runAudit(await systemOf(new StateDirectory(), process.env), settleMs);
  },
});
