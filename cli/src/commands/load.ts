// @ts-nocheck
// Load: npm run load                          the flash sale of e2e at its full size, with a PostgreSQL and a RabbitMQ of its own
//       npm run load -- <script> [options]    a k6 script of load/ against the system of a running `npm start`; options are k6's
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { makeDevUsers } from '../dev-users.js';
import { Failure, runCommand } from '@sluice/stack/failure';
import { StateDirectory } from '@sluice/stack/state-directory';
import { findK6, runK6 } from '../k6.js';
import { Progress } from '@sluice/stack/progress';
import { commandLine } from '@sluice/stack/usage';
import { inRoot } from '@sluice/stack/workspace';

const FULL_SIZE = 'e2e/src/flash-sale.spec.ts';
/** Users that a script takes when LOAD_USERS does not say. */
const USERS = { smoke: 2, 'place-order': 500, capacity: 500, 'flash-sale': 20_000, overload: 2_000, soak: 1_000 };

const [name, ...options] = process.argv.slice(2);

if (name) runCommand(() => load(commandLine('load').words[0].replace(/\.js$/, '')));
else await loadFully();

/** The tests' own way to run a spec, told to spare nothing. */
async function loadFully() {
  process.env.FLASH_SALE_SCALE = '1';
  process.argv.push(FULL_SIZE);
  await import('./test.js');
}

async function load(script) {
  if (!existsSync(inRoot('load', `${script}.js`)))
    throw new Failure(`there is no load test "${script}"`, `npm run load -- ${scripts().join(' | ')}`);
  const k6 = await findK6();
  const stateDirectory = new StateDirectory();
  const env = {
    ...process.env,
    BASE_URL: process.env.BASE_URL || addressOf(stateDirectory),
    LOAD_TOKENS: process.env.LOAD_TOKENS || (await users(script, stateDirectory)),
  };
  if (script === 'overload' && !env.LOAD_CAPACITY) env.LOAD_CAPACITY = await capacity(k6, stateDirectory, env);
  return runK6(k6, `${script}.js`, options, env);
}

function scripts() {
  return readdirSync(inRoot('load'))
    .filter((file) => file.endsWith('.js'))
    .map((file) => file.slice(0, -3));
}

/** A name may stand for more than one address, and the gateway listens on one. */
function addressOf(stateDirectory) {
  const { url } = stateDirectory.recall('ready') ?? {};
  if (url) return url.replace('//localhost', '//127.0.0.1');
  throw new Failure(
    `no system: no \`npm start\` is running in ${stateDirectory.dir}`,
    'Start one (npm start), or set BASE_URL.',
  );
}

/** @returns {Promise<string>} the file with the tokens of this run's users */
async function users(script, stateDirectory) {
  const file = stateDirectory.path('load', 'tokens.txt');
  rmSync(file, { force: true });
  const out = openSync(file, 'wx', 0o600);
  try {
    await makeDevUsers(process.env.LOAD_USERS || String(USERS[script] ?? 1_000), out, {
      progress: new Progress(),
      stateDirectory,
    });
  } finally {
    closeSync(out);
  }
  return file;
}

/** Asks first what the system can do, so that twice as much can be offered. */
async function capacity(k6, stateDirectory, env) {
  const file = stateDirectory.path('load', 'capacity.json');
  rmSync(file, { force: true });
  await runK6(k6, 'capacity.js', [], { ...env, LOAD_RESULT: file, LOAD_SECONDS: '' });
  const { perSecond } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  if (!perSecond)
    throw new Failure(
      'the capacity of the system could not be found',
      'What capacity.js says above; or set LOAD_CAPACITY to orders per second.',
    );
  return String(perSecond);
}
