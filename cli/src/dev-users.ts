// @ts-nocheck
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { requireAddresses } from '@sluice/stack/addresses';
import { build, install } from '@sluice/stack/build/build';
import { Failure } from '@sluice/stack/failure';
import { StateDirectory } from '@sluice/stack/state-directory';
import { runningPostgres, startPostgres } from '@sluice/stack/postgres/postgres';
import { inRoot, root } from '@sluice/stack/workspace';

const PROGRAM = inRoot('apps/accounts/dist/make-dev-users.js');
const NEEDED = 'Start one (npm start), or set DATABASE_URL (of accounts) and TOKEN_PRIVATE_KEY.';

/**
 * Makes users for load tests in the system that runs here, or in the one that DATABASE_URL and TOKEN_PRIVATE_KEY name, and
 * writes a token for each, one a line. Users who exist stay as they are and get a new token.
 * @param {string} count
 * @param {number | 'inherit'} out an open file, or `inherit` for our own stdout
 * @param {{ progress: import('@sluice/stack/progress').Progress, env?: NodeJS.ProcessEnv, home?: Home }} options progress: not on `out`
 * @throws {Failure} in production, and when there is no such system
 */
export async function makeDevUsers(count, out, { progress, env = process.env, stateDirectory = new StateDirectory() }) {
  if (![undefined, '', 'development', 'test'].includes(env.NODE_ENV)) {
    throw new Failure(
      `users without a password are refused in production (NODE_ENV=${env.NODE_ENV})`,
      'They are for load tests of a development system.',
    );
  }
  if (!/^[1-9]\d*$/.test(count ?? '')) throw new Failure('how many users?', 'npm run dev:users -- 20000');
  requireAddresses(env);
  const system = await accountsOf(stateDirectory, env);
  await install(progress);
  await build(progress);
  await progress.step(`${count} users`, async () => {
    const child = spawn(process.execPath, [PROGRAM, count], {
      cwd: root,
      env: { ...env, ...system },
      stdio: ['ignore', out, 'inherit'],
    });
    const [code] = await once(child, 'exit');
    if (code !== 0)
      throw new Failure(
        'the users were not made',
        `What it says above; the system must have been started once. ${NEEDED}`,
      );
  });
}

/** The database of accounts and the key it signs with. */
async function accountsOf(stateDirectory, { DATABASE_URL, TOKEN_PRIVATE_KEY }) {
  if (DATABASE_URL && TOKEN_PRIVATE_KEY) return { DATABASE_URL, TOKEN_PRIVATE_KEY };
  const secrets = stateDirectory.recall('secrets');
  const server = DATABASE_URL ?? (runningPostgres(stateDirectory) && (await startPostgres(stateDirectory)).url); // started, it is taken over
  if (!secrets || !server) throw new Failure(`no system: no \`npm start\` is running in ${stateDirectory.dir}`, NEEDED);
  const { ensureDatabases } = await import('@sluice/stack/databases/databases');
  const { accounts } = await ensureDatabases(server, ['accounts'], stateDirectory);
  return { DATABASE_URL: accounts, TOKEN_PRIVATE_KEY: secrets.tokenPrivateKey };
}
