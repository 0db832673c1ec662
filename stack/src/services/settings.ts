// @ts-nocheck
import { existsSync, readFileSync, statSync } from 'node:fs';
import { loadTopology } from '../rabbitmq/users.js';
import { dependenciesAreInstalled } from '../build/dependencies.js';
import { Failure } from '../failure.js';
import { loadCompiled } from '../build/compiled.js';
import { passedOn } from './environment.js';
import { allServices, inRoot } from '../workspace.js';

const configs = () =>
  allServices()
    .map((service) => `apps/${service}/src/config.ts`)
    .filter((file) => existsSync(inRoot(file)));
const SHARED = 'libs/service-kit/src/environment.ts';
const TOPOLOGY = 'topology/src/settings.ts';
const sources = () => [...configs(), SHARED, TOPOLOGY];
const compiledOf = (source) => source.replace('/src/', '/dist/').replace(/\.ts$/, '.js');

/** As they are written in the sources, so that nothing need be compiled for it. */
const NAME = /^\s*([A-Z][A-Z0-9_]+)(?::|(?=[,} ]))|\{ ([A-Z][A-Z0-9_, ]+) \}/gm;

/** @returns {boolean} whether one of the services' settings was given, so that there is something to check */
export function settingsAreGiven(env = process.env) {
  const known = new Set(
    sources().flatMap((file) =>
      [...readFileSync(inRoot(file), 'utf8').matchAll(NAME)].flatMap(([, one, several = '']) => [
        one,
        ...several.split(/, */),
      ]),
    ),
  );
  return Object.keys(passedOn(env)).some((name) => env[name] && known.has(name.replace(/_FILE$/, '')));
}

/** @returns {boolean} whether the compiled schemas are there and are those of the sources */
export const settingsAreCompiled = () =>
  dependenciesAreInstalled() && sources().every((source) => isNewer(inRoot(compiledOf(source)), inRoot(source)));

const isNewer = (file, than) => existsSync(file) && statSync(file).mtimeMs >= statSync(than).mtimeMs;

/**
 * Checks what was given against the schemas by which every service will read it.
 * @param {NodeJS.ProcessEnv} [env] @throws {Failure} that names every bad variable, with the text that was given
 */
export async function checkSettings(env = process.env) {
  const { ConsumerConfig, DatabaseConfig, parseEnvironment } = await loadCompiled(compiledOf(SHARED));
  const own = await Promise.all(configs().map((file) => loadCompiled(compiledOf(file))));
  const shapes = own.flatMap((module) => Object.values(module)).flatMap(({ shape }) => (shape ? [shape] : []));
  const all = ConsumerConfig.extend(Object.assign({}, DatabaseConfig.shape, ...shapes));
  const passed = passedOn(env);
  const given = Object.keys(all.shape).filter((name) => passed[name] || passed[`${name}_FILE`]);
  const { settingsOf } = await loadTopology();
  try {
    parseEnvironment(all.pick(Object.fromEntries(given.map((name) => [name, true]))), passed);
    settingsOf(env);
  } catch (error) {
    throw new Failure(error.message, 'Mend it, and start again.');
  }
}
