import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { Failure } from '@sluice/stack/failure';
import { Progress } from '@sluice/stack/progress';
import { StateDirectory } from '@sluice/stack/state-directory';
import { inRoot } from '@sluice/stack/workspace';
import { makeDevUsers } from './dev-users.js';
import { findK6, runK6, type K6 } from './k6.js';

/** Users that a script takes when LOAD_USERS is not set. */
const USERS = new Map([
  ['smoke', 2],
  ['place-order', 500],
  ['capacity', 500],
  ['flash-sale', 20_000],
  ['overload', 2_000],
  ['soak', 1_000],
]);
const DEFAULT_USERS = 1_000;

/**
 * Runs a script of load/ against the running `npm start` or BASE_URL, with new users unless LOAD_TOKENS names a file.
 * @returns k6's exit code @throws {Failure} when there is no such script, no k6 or no system
 */
export async function runLoadScript(script: string, options: readonly string[]): Promise<number> {
  if (!existsSync(inRoot('load', `${script}.js`)))
    throw new Failure(`there is no load test "${script}"`, `npm run load -- ${scripts().join(' | ')}`);
  const k6 = await findK6();
  const stateDirectory = new StateDirectory();
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    BASE_URL: process.env['BASE_URL'] || urlOf(stateDirectory),
    LOAD_TOKENS: process.env['LOAD_TOKENS'] || (await makeTokens(script, stateDirectory)),
  };
  if (script === 'overload' && !env['LOAD_CAPACITY'])
    env['LOAD_CAPACITY'] = await measureCapacity(k6, stateDirectory, env);
  return runK6(k6, `${script}.js`, options, env);
}

function scripts(): string[] {
  return readdirSync(inRoot('load'))
    .filter((file) => file.endsWith('.js'))
    .map((file) => file.slice(0, -'.js'.length));
}

/** A name may stand for more than one address, and the gateway listens on one. */
function urlOf(stateDirectory: StateDirectory): string {
  const ready = stateDirectory.recall('ready');
  if (ready) return ready.url.replace('//localhost', '//127.0.0.1');
  throw new Failure(
    `no system: no \`npm start\` is running in ${stateDirectory.dir}`,
    'Start one (npm start), or set BASE_URL.',
  );
}

async function makeTokens(script: string, stateDirectory: StateDirectory): Promise<string> {
  const file = stateDirectory.path('load', 'tokens.txt');
  rmSync(file, { force: true });
  const out = openSync(file, 'wx', 0o600);
  const count = process.env['LOAD_USERS'] || String(USERS.get(script) ?? DEFAULT_USERS);
  try {
    await makeDevUsers(count, out, { progress: new Progress(), stateDirectory });
  } finally {
    closeSync(out);
  }
  return file;
}

/** Orders per second that the system accepts, so that overload.js can offer twice as many. */
async function measureCapacity(k6: K6, stateDirectory: StateDirectory, env: NodeJS.ProcessEnv): Promise<string> {
  const file = stateDirectory.path('load', 'capacity.json');
  rmSync(file, { force: true });
  await runK6(k6, 'capacity.js', [], { ...env, LOAD_RESULT: file, LOAD_SECONDS: '' });
  const result = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { perSecond?: number }) : {};
  if (result.perSecond) return String(result.perSecond);
  throw new Failure(
    'the capacity of the system could not be found',
    'What capacity.js says above; or set LOAD_CAPACITY to orders per second.',
  );
}
