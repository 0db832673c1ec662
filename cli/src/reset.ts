import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Failure } from '@sluice/stack/failure';
import { removePostgres } from '@sluice/stack/postgres/postgres';
import { removeRabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import type { StateDirectory } from '@sluice/stack/state-directory';
import { stopAll } from '@sluice/stack/stop-all';

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
export async function confirmReset({ dir }: StateDirectory): Promise<void> {
  if (!process.stdin.isTTY)
    throw new Failure(`this stops the system and removes all of its data in ${dir}`, 'npm run reset -- --yes does it.');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const reply = await terminal.question(
    `This stops the system and removes all of its data in ${dir}. Type yes to go on: `,
  );
  terminal.close();
  if (reply.trim() !== 'yes') throw new Failure('nothing was removed');
}
