import { rmSync } from 'node:fs';
import { removePostgres } from '@sluice/stack/postgres/postgres';
import { removeRabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import type { StateDirectory } from '@sluice/stack/state-directory';
import { stopAll } from '@sluice/stack/stop-all';
import { confirm } from './confirm.js';

/** Stops the system of a state directory, and removes its servers' data and the directory. */
export async function reset(stateDirectory: StateDirectory, note: (detail: string) => void): Promise<void> {
  await stopAll(stateDirectory);
  removePostgres(stateDirectory);
  await removeRabbit(stateDirectory);
  rmSync(stateDirectory.dir, { recursive: true, force: true });
  note(
    process.env['DATABASE_URL'] || process.env['AMQP_URL']
      ? 'removed; what DATABASE_URL and AMQP_URL point at is untouched'
      : 'the data is removed',
  );
}

/** @throws {Failure} without a terminal, and unless `yes` is typed there */
export const confirmReset = ({ dir }: StateDirectory): Promise<void> =>
  confirm({
    what: `this stops the system and removes all of its data in ${dir}`,
    command: 'npm run reset -- --yes',
    otherwise: 'nothing was removed',
  });
