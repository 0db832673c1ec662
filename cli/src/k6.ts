// @ts-nocheck
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Failure } from '@sluice/stack/failure';
import { dockerAnswers } from '@sluice/stack/rabbitmq/programs';
import { succeeds } from '@sluice/stack/run';
import { inRoot } from '@sluice/stack/workspace';

const VERSION = '2.2.0';
const IMAGE = `grafana/k6:${VERSION}`;
/** What of our environment is a script's, or k6's, business. */
const PASSED = /^(BASE_URL$|LOAD_|ADMIN_|K6_)/;

/** @typedef {(script: string, options: string[], env: NodeJS.ProcessEnv) => { program: string, args: string[] }} HowToRun */

/**
 * The k6 of this machine, else the one of a container.
 * @returns {Promise<HowToRun>} @throws {Failure} when there is neither
 */
export async function findK6() {
  if (await succeeds('k6', ['version'])) return onMachine;
  if (await dockerAnswers()) return inContainer;
  const fix = `Install it (https://grafana.com/docs/k6/latest/set-up/install-k6/, ${VERSION} or later), or start Docker, which then runs ${IMAGE}.`;
  throw new Failure('there is no k6 on this machine, and no Docker to run it in', fix);
}

/** @type {HowToRun} */
export const onMachine = (script, options) => ({ program: 'k6', args: ['run', ...options, inRoot('load', script)] });

/**
 * On the network of this machine, for load aims at loopback; as ourselves, because the tokens are for our eyes only. Files
 * have the same paths inside.
 * @type {HowToRun}
 */
export function inContainer(script, options, env) {
  const folders = [
    `${inRoot('load')}:${inRoot('load')}:ro`,
    ...[env.LOAD_TOKENS, env.LOAD_RESULT].filter(Boolean).map((file) => `${path.dirname(file)}:${path.dirname(file)}`),
  ];
  const variables = Object.keys(env).filter((name) => PASSED.test(name));
  const args = [
    'run',
    '--rm',
    '--init',
    '--network',
    'host',
    '--user',
    `${process.getuid?.() ?? 1000}:${process.getgid?.() ?? 1000}`,
  ];
  for (const folder of new Set(folders)) args.push('-v', folder);
  for (const name of variables) args.push('-e', name); // the value comes from our environment, and not on the command line
  return { program: 'docker', args: [...args, IMAGE, 'run', ...options, inRoot('load', script)] };
}

/**
 * Runs a script to its end, with k6's own output on the terminal.
 * @returns {Promise<number>} k6's exit code: 99 when a limit was broken
 */
export async function runK6(how, script, options, env) {
  const { program, args } = how(script, options, env);
  const child = spawn(program, args, { cwd: tmpdir(), env, stdio: ['ignore', 'inherit', 'inherit'] });
  process.on('SIGINT', () => {}); // a Ctrl-C reaches k6 by itself, which then tears down; a second one would cut that short
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [code] = await once(child, 'exit');
  return code ?? 1;
}
