import { requireAddresses } from '@sluice/stack/addresses';
import { systemOf } from '@sluice/audit/system';
import { Failure } from '@sluice/stack/failure';
import { withUsers } from '@sluice/stack/rabbitmq/users';
import { StateDirectory } from '@sluice/stack/state-directory';
import { defineCommand, FLAG, TEXT } from '../command.js';
import { reannounce } from '../reannounce.js';

/** Before the backup, in ms: what had waited in the broker for so long is said again too. */
const WAITED_AT_MOST_MS = 86_400_000;

export const command = defineCommand({
  usage: `npm run reannounce -- [--since <time>] [--refund]
  --since <time>       what has changed since then; without it, since a day before the backup of npm run restore
  --refund             gives money back that cards were charged for nothing after the backup
After databases were restored beside an empty broker: every service publishes again what others may have missed, and waits
for the answers. The shop may be open. Twice has the effect of once.`,
  options: { since: TEXT, refund: FLAG },
  run: async ({ values: { since, refund = false }, mistake }) => {
    const stateDirectory = new StateDirectory();
    const from = since === undefined ? beforeBackup(stateDirectory) : new Date(since);
    if (Number.isNaN(from.getTime())) throw mistake(`--since is "${since}": it must be a time as 2026-11-30T12:00:00Z`);
    requireAddresses();
    const { databases, broker } = await systemOf(stateDirectory, process.env);
    const own = await withUsers(stateDirectory, broker, { ours: !process.env['AMQP_URL'] });
    await reannounce({ databases, broker: own }, { since: from.toISOString(), refund });
    stateDirectory.forget('restored');
  },
});

function beforeBackup(stateDirectory: StateDirectory): Date {
  const restored = stateDirectory.recall('restored');
  if (restored) return new Date(Date.parse(restored.takenAt) - WAITED_AT_MOST_MS);
  throw new Failure(
    'since when? Nothing was restored here by npm run restore',
    'npm run reannounce -- --since 2026-11-30T12:00:00Z: a time some hours before that of the backup.',
  );
}
