import { tmpdir } from 'node:os';
import path from 'node:path';
import { Failure } from '@sluice/stack/failure';
import { dockerAnswers } from '@sluice/stack/rabbitmq/programs';
import { succeeds } from '@sluice/stack/run';
import { inRoot } from '@sluice/stack/workspace';
import { runProgram } from './run-program.js';

const VERSION = '2.2.0';
const IMAGE = `grafana/k6:${VERSION}`;
/** Variables of the environment that scripts or k6 read. */
const PASSED = /^(BASE_URL$|LOAD_|ADMIN_|K6_)/;

/** The command line that runs a script of load/. */
export type K6 = (
  script: string,
  options: readonly string[],
  env: NodeJS.ProcessEnv,
) => { program: string; args: string[] };

/** The k6 of this machine, else the one of a container. @throws {Failure} when there is neither */
export async function findK6(): Promise<K6> {
  if (await succeeds('k6', ['version'])) return onMachine;
  if (await dockerAnswers()) return inContainer;
  const fix = `Install it (https://grafana.com/docs/k6/latest/set-up/install-k6/, ${VERSION} or later), or start Docker, which then runs ${IMAGE}.`;
  throw new Failure('there is no k6 on this machine, and no Docker to run it in', fix);
}

export const onMachine: K6 = (script, options) => ({
  program: 'k6',
  args: ['run', ...options, inRoot('load', script)],
});

/** Uses the network of this machine, for load aims at loopback, and this user, who alone may read the tokens. */
export const inContainer: K6 = (script, options, env) => {
  const scripts = inRoot('load');
  const results = [env['LOAD_TOKENS'], env['LOAD_RESULT']].filter((file) => file !== undefined && file !== '');
  const folders = new Set(results.map((file) => path.dirname(file ?? '')));
  const volumes = [`${scripts}:${scripts}:ro`, ...[...folders].map((folder) => `${folder}:${folder}`)];
  const user = `${process.getuid?.() ?? 1000}:${process.getgid?.() ?? 1000}`;
  const args = ['run', '--rm', '--init', '--network', 'host', '--user', user];
  for (const volume of volumes) args.push('-v', volume);
  // Docker takes the values from the environment: on the command line every user of the machine could read them.
  for (const name of Object.keys(env).filter((name) => PASSED.test(name))) args.push('-e', name);
  return { program: 'docker', args: [...args, IMAGE, 'run', ...options, path.join(scripts, script)] };
};

/** Runs a script with k6's own output on the terminal. @returns k6's exit code: 99 when a threshold was crossed */
export function runK6(k6: K6, script: string, options: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { program, args } = k6(script, options, env);
  process.on('SIGINT', () => {}); // a Ctrl-C reaches k6 by itself, which then tears down; a second one would cut that short
  return runProgram(program, args, {
    cwd: tmpdir(),
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    onStart: (stop) => process.on('SIGTERM', stop),
  });
}
