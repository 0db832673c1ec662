// What every npm script runs: node start.mjs <command> [arguments]. Plain JavaScript, so that it runs on a fresh clone with
// nothing but Node.js: it installs what package-lock.json names, compiles the commands (cli/), and hands over to them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const inRoot = (...parts) => path.join(import.meta.dirname ?? path.dirname(fileURLToPath(import.meta.url)), ...parts);
const readJson = (file) => JSON.parse(readFileSync(inRoot(file), 'utf8'));

/** @param {string} version such as 20.19.1 @param {string} range as in package.json: `^20.19.0 || >=24.0.0` */
export function supports(version, range) {
  const own = numbers(version);
  return range.split('||').some((part) => {
    const least = numbers(part);
    return compare(own, least) >= 0 && (part.trim().startsWith('>=') || own[0] === least[0]);
  });
}

const numbers = (text) => (text.match(/\d+/g) ?? []).slice(0, 3).map(Number);
const compare = (one, other) =>
  one.map((number, n) => number - (other[n] ?? 0)).find((difference) => difference !== 0) ?? 0;

/** The rest needs what an older Node.js does not have, and would fail with a message that helps nobody. */
function requireNode() {
  const { node } = readJson('package.json').engines;
  if (supports(process.versions.node, node)) return;
  fail(
    `this is Node.js ${process.versions.node}, and Sluice needs ${node.replaceAll(' || ', ' or ')}`,
    'Install one of these (https://nodejs.org), or choose it (nvm install 24), and start again.',
  );
}

/** npm writes this list last: after an install that was cut short there is none. */
const INSTALLED = 'node_modules/.package-lock.json';

/** Whether node_modules holds what package-lock.json asks for. Packages of other platforms may be missing. */
function isInstalled() {
  if (!existsSync(inRoot(INSTALLED))) return false;
  const installed = readJson(INSTALLED).packages;
  return Object.entries(readJson('package-lock.json').packages)
    .filter(([place]) => place.includes('node_modules/'))
    .every(([place, { version, optional }]) =>
      installed[place] ? installed[place].version === version : optional === true,
    );
}

async function install() {
  const begun = performance.now();
  console.error('… dependencies: npm ci, about a minute');
  const npm = process.env.npm_execpath;
  const [program, ...args] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm'];
  const { code, output } = await run(program, [...args, 'ci', '--include=dev', '--no-audit', '--no-fund']);
  if (code !== 0)
    fail('npm ci failed', 'Check the connection to the npm registry (npm ping), then start again.', output);
  console.error(`✓ dependencies (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
}

/** The compiler takes a tenth of a second when nothing has changed, and says nothing then: not on a busy machine either. */
const QUIET_MS = 5_000;

/** The compiler itself finds what has changed. */
async function compile() {
  const isFirst = !existsSync(inRoot('cli/dist/main.js'));
  const slow = setTimeout(() => console.error('… compiling the commands'), isFirst ? 0 : QUIET_MS);
  const { code, output } = await run(process.execPath, [
    inRoot('node_modules/typescript7/bin/tsc'),
    ...['-b', 'cli', '--pretty', 'false'],
  ]);
  clearTimeout(slow);
  if (code !== 0) fail('the commands do not compile', 'Mend what the compiler says above.', output);
}

async function run(program, args) {
  const child = spawn(program, args, { cwd: inRoot(), stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = await Promise.race([once(child, 'close'), once(child, 'error').then(([error]) => [String(error)])]);
  return { code, output };
}

function fail(message, fix, output = '') {
  for (const line of output.trimEnd().split('\n').slice(-40).filter(Boolean)) console.error(`  │ ${line}`);
  console.error(`✗ ${message}\n  ${fix}`);
  process.exit(1);
}

const LOCK = '.nx/commands.lock';

/** One process at a time: two that install or compile would write the same files. */
async function alone(work) {
  mkdirSync(inRoot('.nx'), { recursive: true });
  while (!takeLock()) await sleep(100);
  process.once('exit', releaseLock);
  await work();
  releaseLock();
  process.removeListener('exit', releaseLock);
}

const releaseLock = () => rmSync(inRoot(LOCK), { force: true });

function takeLock() {
  try {
    writeFileSync(inRoot(LOCK), String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!holderLives(LOCK)) clearDead();
    return false;
  }
}

/** Moved aside under a name of its own first: of two that find the same dead holder only one succeeds. */
function clearDead() {
  const aside = `${LOCK}.${process.pid}`;
  try {
    renameSync(inRoot(LOCK), inRoot(aside));
  } catch {
    return;
  }
  if (holderLives(aside)) renameSync(inRoot(aside), inRoot(LOCK));
  else rmSync(inRoot(aside), { force: true });
}

/** A file that is still empty is being written. */
function holderLives(file) {
  try {
    process.kill(Number(readFileSync(inRoot(file), 'utf8')) || process.pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  requireNode();
  await alone(async () => {
    if (!isInstalled()) await install();
    await compile();
  });
  await import('./cli/dist/main.js');
}
