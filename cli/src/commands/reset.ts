// @ts-nocheck
// Stops everything and removes the data of this checkout: npm run reset; -- --yes does not ask
import { existsSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Failure, runTool } from '@sluice/stack/failure';
import { Home } from '@sluice/stack/home';
import { removePostgres } from '@sluice/stack/postgres/postgres';
import { Progress } from '@sluice/stack/progress';
import { removeRabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import { outsideOf } from '@sluice/stack/reachable';
import { stopAll } from '@sluice/stack/stop-all';
import { commandLine } from '@sluice/stack/usage';

runTool(async () => {
  const { yes } = commandLine('reset').values;
  const home = new Home();
  if (!existsSync(home.dir) && !existsSync(outsideOf(home.dir)))
    return console.log(`there is nothing to remove in ${home.dir}`);
  if (!yes) await confirm(home);
  await new Progress().step('reset', (tell) => reset(home, tell));
});

async function reset(home, tell) {
  await stopAll(home);
  removePostgres(home);
  await removeRabbit(home);
  rmSync(home.dir, { recursive: true, force: true });
  tell(
    process.env.DATABASE_URL || process.env.AMQP_URL
      ? 'removed; what DATABASE_URL and AMQP_URL point at is untouched'
      : 'the data is removed',
  );
}

/** @throws {Failure} unless somebody says yes */
async function confirm(home) {
  if (!process.stdin.isTTY)
    throw new Failure(
      `this stops the system and removes all of its data in ${home.dir}`,
      'npm run reset -- --yes does it.',
    );
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await ask.question(
    `This stops the system and removes all of its data in ${home.dir}. Type yes to go on: `,
  );
  ask.close();
  if (answer.trim() !== 'yes') throw new Failure('nothing was removed');
}
