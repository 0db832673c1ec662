// @ts-nocheck
// Stops everything and removes the data of this checkout: npm run reset; -- --yes does not ask
import { existsSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Failure, runCommand } from '@sluice/stack/failure';
import { StateDirectory } from '@sluice/stack/state-directory';
import { removePostgres } from '@sluice/stack/postgres/postgres';
import { Progress } from '@sluice/stack/progress';
import { removeRabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import { outsideOf } from '@sluice/stack/reachable';
import { stopAll } from '@sluice/stack/stop-all';
import { commandLine } from '@sluice/stack/usage';

runCommand(async () => {
  const { yes } = commandLine('reset').values;
  const stateDirectory = new StateDirectory();
  if (!existsSync(stateDirectory.dir) && !existsSync(outsideOf(stateDirectory.dir)))
    return console.log(`there is nothing to remove in ${stateDirectory.dir}`);
  if (!yes) await confirm(stateDirectory);
  await new Progress().step('reset', (note) => reset(stateDirectory, note));
});

async function reset(stateDirectory, note) {
  await stopAll(stateDirectory);
  removePostgres(stateDirectory);
  await removeRabbit(stateDirectory);
  rmSync(stateDirectory.dir, { recursive: true, force: true });
  note(
    process.env.DATABASE_URL || process.env.AMQP_URL
      ? 'removed; what DATABASE_URL and AMQP_URL point at is untouched'
      : 'the data is removed',
  );
}

/** @throws {Failure} unless somebody says yes */
async function confirm(stateDirectory) {
  if (!process.stdin.isTTY)
    throw new Failure(
      `this stops the system and removes all of its data in ${stateDirectory.dir}`,
      'npm run reset -- --yes does it.',
    );
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await ask.question(
    `This stops the system and removes all of its data in ${stateDirectory.dir}. Type yes to go on: `,
  );
  ask.close();
  if (answer.trim() !== 'yes') throw new Failure('nothing was removed');
}
