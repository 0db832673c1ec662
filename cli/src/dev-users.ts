import { requireAddresses } from '@sluice/stack/addresses';
import { Failure } from '@sluice/stack/failure';
import { runningPostgresUrl } from '@sluice/stack/postgres/postgres';
import type { Progress } from '@sluice/stack/progress';
import { StateDirectory } from '@sluice/stack/state-directory';
import { inRoot } from '@sluice/stack/workspace';
import { build } from '@sluice/stack/build/build';
import { runProgram } from './run-program.js';

const PROGRAM = inRoot('apps/accounts/dist/dev-users/main.js');
const NEEDED = 'Start one (npm start), or set DATABASE_URL (of accounts) and TOKEN_PRIVATE_KEY.';

interface Options {
  /** Must not print where the tokens are written. */
  progress: Progress;
  env?: NodeJS.ProcessEnv;
  stateDirectory?: StateDirectory;
}

/**
 * Makes users for load tests in the system that runs here, or in the one that DATABASE_URL and TOKEN_PRIVATE_KEY name, and
 * writes a token for each, one a line. Users who exist stay as they are and get a new token.
 * @param out an open file, or `inherit` for the stdout of this process
 * @throws {Failure} in production, and when there is no such system
 */
export async function makeDevUsers(
  count: string | undefined,
  out: number | 'inherit',
  { progress, env = process.env, stateDirectory = new StateDirectory() }: Options,
): Promise<void> {
  const { NODE_ENV = '' } = env;
  if (!['', 'development', 'test'].includes(NODE_ENV)) {
    throw new Failure(
      `users without a password are refused in production (NODE_ENV=${NODE_ENV})`,
      'They are for load tests of a development system.',
    );
  }
  if (count === undefined || !/^[1-9]\d*$/.test(count))
    throw new Failure('how many users?', 'npm run dev:users -- 20000');
  requireAddresses(env);
  const accounts = await accountsSettings(stateDirectory, env);
  await build(progress);
  await progress.step(`${count} users`, async () => {
    const code = await runProgram(process.execPath, [PROGRAM, count], {
      env: { ...env, ...accounts },
      stdio: ['ignore', out, 'inherit'],
    });
    if (code !== 0)
      throw new Failure(
        'the users were not made',
        `What it says above; the system must have been started once. ${NEEDED}`,
      );
  });
}

async function accountsSettings(
  stateDirectory: StateDirectory,
  { DATABASE_URL, TOKEN_PRIVATE_KEY }: NodeJS.ProcessEnv,
): Promise<{ DATABASE_URL: string; TOKEN_PRIVATE_KEY: string }> {
  if (DATABASE_URL && TOKEN_PRIVATE_KEY) return { DATABASE_URL, TOKEN_PRIVATE_KEY };
  const secrets = stateDirectory.recall('secrets');
  const server = DATABASE_URL ?? (await runningPostgresUrl(stateDirectory));
  if (!secrets || !server) throw new Failure(`no system: no \`npm start\` is running in ${stateDirectory.dir}`, NEEDED);
  const { ensureDatabases } = await import('@sluice/stack/databases/databases');
  const { accounts = '' } = await ensureDatabases(server, ['accounts'], stateDirectory);
  return { DATABASE_URL: accounts, TOKEN_PRIVATE_KEY: secrets.tokenPrivateKey };
}
