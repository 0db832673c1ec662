import { runningPostgresUrl } from '@sluice/stack/postgres/postgres';
import { ensureDatabases } from '@sluice/stack/databases/databases';
import { run } from '@sluice/stack/run';
import type { StateDirectory } from '@sluice/stack/state-directory';
import { inRoot } from '@sluice/stack/workspace';

/** Tokens of customers of the running system, made by the program behind `npm run dev:users`. */
export async function tokensOf(stateDirectory: StateDirectory, count: number): Promise<string[]> {
  const server = await runningPostgresUrl(stateDirectory);
  const { accounts } = await ensureDatabases(server ?? '', ['accounts'], stateDirectory);
  const key = stateDirectory.recall('secrets')?.tokenPrivateKey;
  const env = { ...process.env, DATABASE_URL: accounts, TOKEN_PRIVATE_KEY: key, LOG_LEVEL: 'warn' };
  const output = await run(process.execPath, [inRoot('apps/accounts/dist/dev-users/main.js'), String(count)], { env });
  return output.trim().split('\n');
}
