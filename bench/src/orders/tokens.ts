import { setTimeout as pause } from 'node:timers/promises';
import { runningPostgresUrl } from '@sluice/stack/postgres/postgres';
import { ensureDatabases } from '@sluice/stack/databases/databases';
import { run } from '@sluice/stack/run';
import type { StateDirectory } from '@sluice/stack/state-directory';
import { inRoot } from '@sluice/stack/workspace';
import pg from 'pg';

/** Time in which accounts publishes what the program leaves in its outbox, on a busy machine. Milliseconds. */
const ANNOUNCED_WITHIN_MS = 60_000;
/** Time for the texts with the codes of 500 users, which must not be measured with the orders. Milliseconds. */
const TEXTS_MS = 3_000;
const POLL_MS = 250;

/** Tokens of customers of the running system, made by the program behind `npm run dev:users`. */
export async function tokensOf(stateDirectory: StateDirectory, count: number): Promise<string[]> {
  const server = await runningPostgresUrl(stateDirectory);
  const { accounts } = await ensureDatabases(server ?? '', ['accounts'], stateDirectory);
  const key = stateDirectory.recall('secrets')?.tokenPrivateKey;
  const env = { ...process.env, DATABASE_URL: accounts, TOKEN_PRIVATE_KEY: key, LOG_LEVEL: 'warn' };
  const output = await run(process.execPath, [inRoot('apps/accounts/dist/dev-users/main.js'), String(count)], { env });
  await untilAnnounced(accounts!);
  return output.trim().split('\n');
}

/** @throws Error when accounts does not publish its outbox */
async function untilAnnounced(database: string): Promise<void> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  const end = performance.now() + ANNOUNCED_WITHIN_MS;
  while ((await client.query('SELECT FROM outbox LIMIT 1')).rowCount !== 0) {
    if (performance.now() > end) throw new Error('the customers have not been announced in time');
    await pause(POLL_MS);
  }
  await client.end();
  await pause(TEXTS_MS);
}
