import { existsSync, readFileSync, statSync } from 'node:fs';
import type { z } from 'zod';
import { messageOf } from '../errors.js';
import { loadTopology } from '../rabbitmq/users.js';
import { Failure } from '../failure.js';
import { loadCompiled } from '../build/compiled.js';
import { passedOn } from './environment.js';
import { allServices, inRoot } from '../workspace.js';

const configs = (): string[] =>
  allServices()
    .map((service) => `apps/${service}/src/config.ts`)
    .filter((file) => existsSync(inRoot(file)));
const SHARED = 'libs/service-kit/src/environment.ts';
const TOPOLOGY = 'topology/src/settings.ts';
const sources = (): string[] => [...configs(), SHARED, TOPOLOGY];
const compiledOf = (source: string): string => source.replace('/src/', '/dist/').replace(/\.ts$/, '.js');

/** As they are written in the sources, so that nothing need be compiled for it. */
const NAME = /^\s*([A-Z][A-Z0-9_]+)(?::|(?=[,} ]))|\{ ([A-Z][A-Z0-9_, ]+) \}/gm;

/** Whether one of the services' settings was given, so that there is something to check. */
export function settingsAreGiven(env: NodeJS.ProcessEnv = process.env): boolean {
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

/** Whether the compiled schemas are there and are those of the sources. */
export const settingsAreCompiled = (): boolean =>
  sources().every((source) => isNewer(inRoot(compiledOf(source)), inRoot(source)));

const isNewer = (file: string, than: string): boolean =>
  existsSync(file) && statSync(file).mtimeMs >= statSync(than).mtimeMs;

/**
 * Checks what was given against the schemas by which every service will read it.
 * @throws {Failure} that names every bad variable, with the text that was given
 */
export async function checkSettings(env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const kit = (await loadCompiled(compiledOf(SHARED))) as ServiceKit;
  const own = await Promise.all(configs().map((file) => loadCompiled(compiledOf(file)) as Promise<object>));
  const shapes = own.flatMap((module) => Object.values(module)).flatMap(shapeOf);
  const all = kit.ConsumerConfig.extend(Object.assign({}, kit.DatabaseConfig.shape, ...shapes) as z.ZodRawShape);
  const passed = passedOn(env);
  const given = Object.keys(all.shape).filter((name) => passed[name] || passed[`${name}_FILE`]);
  const { settingsOf } = await loadTopology();
  try {
    kit.parseEnvironment(all.pick(Object.fromEntries(given.map((name) => [name, true]))), passed);
    settingsOf(env);
  } catch (error) {
    throw new Failure(messageOf(error), 'Mend it, and start again.');
  }
}

/** What is used of libs/service-kit, which the commands can only load when it has been compiled. */
interface ServiceKit {
  ConsumerConfig: z.ZodObject;
  DatabaseConfig: z.ZodObject;
  parseEnvironment(schema: z.ZodType, env: NodeJS.ProcessEnv): unknown;
}

/** The variables of an exported schema; an export of another kind has none. */
const shapeOf = (exported: unknown): z.ZodRawShape[] =>
  typeof exported === 'object' && exported !== null && 'shape' in exported ? [exported.shape as z.ZodRawShape] : [];
