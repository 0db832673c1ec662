import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '@sluice/stack/failure';
import { inRoot, root } from '@sluice/stack/workspace';

/** As in vitest.config.ts. */
const PLACES = 'apps libs topology stack testing audit chaos fuzz rights mutation cli bench load/spec e2e'.split(' ');
const SPEC = /\.spec\.ts$/;
/** Takes minutes: run by `npm run chaos -- --specs`, or when its path is given. */
const SLOW = /\.slow\.spec\.ts$/;
export const isSlow = (file: string): boolean => SLOW.test(file);
const SKIPPED = new Set(['node_modules', 'dist', 'generated']);

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? filesIn(file) : [file];
  });

/**
 * The files that vitest finds, as absolute paths: all whose path has one of the words, with or without a line number;
 * without words, all but the slow ones. @throws {Failure} when a word finds none
 */
export function specFiles(words: readonly string[]): string[] {
  const all = PLACES.flatMap((place) => filesIn(inRoot(place))).filter((file) => SPEC.test(file));
  if (words.length === 0) return all.filter((file) => !isSlow(file));
  const found = words.map((word) => ({ word, files: all.filter((file) => matches(file, word)) }));
  const lost = found.filter(({ files }) => files.length === 0).map(({ word }) => word);
  if (lost.length > 0)
    throw new Failure(
      `no file of tests has ${lost.join(', ')} in its path`,
      'Paths are as in the repository: npm test -- libs/contracts',
    );
  return [...new Set(found.flatMap(({ files }) => files))];
}

function matches(file: string, word: string): boolean {
  const part = word.replace(/:\d+$/, '').replace(/^\.\//, '');
  return (path.isAbsolute(part) ? file : path.relative(root, file)).includes(part);
}

/** Code that reads one of these from the environment, or passes all of it on, uses the servers of the run. */
const ADDRESS = /DATABASE_URL|AMQP_URL|AMQP_MANAGEMENT_URL/;
const ENVIRONMENT = /process\.env(?!\.[A-Z]|\[')|process\.env(\.|\[')(DATABASE_URL|AMQP_)/;
const IMPORT = /^(?:import|export)\s+(?!type\b)([^;]*?)\s*from '([^']+)'|^import '([^']+)'/gm;
const TESTING = 'testing/src/index.ts';

/**
 * Whether a spec file, or a file that it imports, uses the servers of the run. Of testing, only the imported names count.
 */
export const needsServers = reaches((source) => ADDRESS.test(source) && ENVIRONMENT.test(source));

/** Runs what was compiled, or a command, which may. */
const COMPILED = /\bdist\/|start\.mjs/;
/** Folders whose specs use no other compiled code than they, or the parts of testing that they import, name. */
const FROM_SOURCES = /^(apps|libs|topology)\//;
const namesCompiled = reaches((source) => COMPILED.test(source));

/** Whether a spec file runs compiled code: vitest resolves the libraries to their sources. */
export const needsBuild = (file: string): boolean =>
  !FROM_SOURCES.test(path.relative(root, file).replaceAll(path.sep, '/')) || namesCompiled(file);

/** Whether a file, or one that it imports, has this; computed once for each. */
function reaches(has: (source: string) => boolean): (file: string) => boolean {
  const computed = new Map<string, boolean>();
  return function check(file) {
    const known = computed.get(file);
    if (known !== undefined) return known;
    computed.set(file, false); // ends the recursion at files that import each other
    const source = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const result = has(source) || importsOf(file, source).some(check);
    computed.set(file, result);
    return result;
  };
}

/** The files of this repository that a file imports. */
const importsOf = (file: string, source: string): string[] =>
  [...source.matchAll(IMPORT)].flatMap(([, names = '', from, alone]) => {
    const target = from ?? alone ?? '';
    if (target.startsWith('.')) return [sourceOf(path.resolve(path.dirname(file), target))];
    if (target === '@sluice/testing') return valuesOf(names).map(exporterOf);
    return target.startsWith('@sluice/testing/')
      ? [inRoot('testing/src', `${target.slice('@sluice/testing/'.length)}.ts`)]
      : [];
  });

const sourceOf = (file: string): string => (existsSync(file) ? file : file.replace(/\.js$/, '.ts'));

/** Of `{ a, type B, c as d }`: a and c. */
const valuesOf = (names: string): string[] =>
  names
    .replace(/[{}]/g, '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name && !name.startsWith('type '))
    .map((name) => name.replace(/ .*/, ''));

const declares = (file: string, name: string): boolean =>
  new RegExp(`^export (?:async )?(?:function|const|class) ${name}\\b`, 'm').test(readFileSync(file, 'utf8'));

/** The file of testing that exports a name; its index when that cannot be found, which needs servers. */
function exporterOf(name: string): string {
  const index = inRoot(TESTING);
  const files = [...readFileSync(index, 'utf8').matchAll(IMPORT)].map(([, , from = '']) =>
    from.startsWith('@sluice/stack/')
      ? inRoot('stack/src', `${from.slice('@sluice/stack/'.length)}.ts`)
      : sourceOf(path.resolve(path.dirname(index), from)),
  );
  return files.find((file) => declares(file, name)) ?? index;
}
