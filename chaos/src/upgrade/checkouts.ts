import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { builtCode } from '@sluice/stack/build/built-code';
import { prismaCommand, prismaEnvironment } from '@sluice/stack/build/prisma-cli';
import { withLock } from '@sluice/stack/lock';
import { run } from '@sluice/stack/run';
import { allServices, databaseServices, inRoot, root } from '@sluice/stack/workspace';
import { applyEdits, CHANGED_APPS, CHANGED_DATABASE, CONTRACT, EDITS, EXPAND } from './next-version.js';

/** What a version consists of; everything else, such as the page, is left out. */
const PARTS = ['apps', 'libs', 'topology', 'prisma', 'package.json', 'tsconfig.base.json'];
const LEFT_OUT = /\/node_modules(\/|$)|^\/apps\/web(\/|$)|\.spec\.ts$/;

/** Other versions, compiled; kept from run to run, as builds are. */
const folderOf = (name: string): string => inRoot('.nx', 'versions', name);
const STAMP = 'complete';

/** @returns a checkout of the next version (next-version.ts), compiled. The tree must have been built. */
export function nextVersion(): Promise<string> {
  const code = builtCode(allServices());
  const schemas = databaseServices().map((service) => readFileSync(inRoot('prisma', service, 'schema.prisma'), 'utf8'));
  return prepared('next', digestOf(code, schemas, EDITS, EXPAND, CONTRACT), async (folder) => {
    for (const part of PARTS)
      cpSync(inRoot(part), path.join(folder, part), {
        recursive: true,
        preserveTimestamps: true,
        filter: (source) => !LEFT_OUT.test(`/${path.relative(root, source)}`),
      });
    linkPackages(folder);
    applyEdits(folder);
    const migration = path.join(folder, 'prisma', CHANGED_DATABASE, 'migrations', EXPAND.name);
    mkdirSync(migration, { recursive: true });
    writeFileSync(path.join(migration, 'migration.sql'), EXPAND.script);
    await generate(folder, [CHANGED_DATABASE]);
    await compile(
      folder,
      CHANGED_APPS.map((app) => `apps/${app}`),
    );
  });
}

/**
 * Installs the packages of the revision if they are not ours, which takes a minute.
 * @param revision of git
 * @returns a checkout of it, compiled. The tree must have been built
 */
export async function earlierVersion(revision: string): Promise<string> {
  const commit = (await git('rev-parse', '--verify', `${revision}^{commit}`)).trim();
  return prepared(commit, commit, async (folder) => {
    const archive = path.join(folder, 'sources.tar');
    await git('archive', '--output', archive, commit);
    await run('tar', ['-xf', archive, '-C', folder], { label: 'tar' });
    rmSync(archive);
    await install(folder);
    const services = allServices().filter((service) => existsSync(path.join(folder, 'apps', service)));
    await generate(
      folder,
      databaseServices().filter((service) => services.includes(service)),
    );
    await compile(folder, ['topology', ...services.map((service) => `apps/${service}`)]);
  });
}

const git = (...args: string[]): Promise<string> => run('git', args, { cwd: root, label: `git ${args[0]}` });

const digestOf = (...about: unknown[]): string => createHash('sha256').update(JSON.stringify(about)).digest('hex');

/** Makes the checkout unless it is there already, made of the same. One process at a time. @returns its folder */
function prepared(name: string, digest: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = folderOf(name);
  const stamp = path.join(folder, STAMP);
  mkdirSync(folderOf(''), { recursive: true });
  return withLock(folderOf('build.lock'), async () => {
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return folder;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    await make(folder);
    writeFileSync(stamp, digest);
    return folder;
  });
}

async function install(folder: string): Promise<void> {
  const lockOf = (checkout: string): string => readFileSync(path.join(checkout, 'package-lock.json'), 'utf8');
  if (lockOf(folder) === lockOf(root)) return linkPackages(folder);
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, label: 'npm ci' });
}

/** All packages are ours, except those of the repository itself, which are the checkout's. */
function linkPackages(folder: string): void {
  const own = path.join(folder, 'node_modules', '@sluice');
  mkdirSync(own, { recursive: true });
  for (const name of readdirSync(inRoot('node_modules')).filter((one) => one !== '@sluice'))
    symlinkSync(inRoot('node_modules', name), path.join(folder, 'node_modules', name));
  for (const parent of ['apps', 'libs'])
    for (const name of readdirSync(inRoot(parent))) symlinkSync(`../../${parent}/${name}`, path.join(own, name));
  symlinkSync('../../topology', path.join(own, 'topology'));
}

async function generate(folder: string, services: readonly string[]): Promise<void> {
  for (const service of services) {
    const [program, , ...args] = prismaCommand(service, ['generate']);
    const prisma = path.join(folder, 'node_modules/prisma/build/index.js');
    const label = `prisma generate (${service})`;
    await run(program, [prisma, ...args], { cwd: folder, env: prismaEnvironment(), label });
  }
}

/** As build.ts compiles ours. @param projects folders */
async function compile(folder: string, projects: readonly string[]): Promise<void> {
  const compiler = path.join(folder, 'node_modules/typescript7/bin/tsc');
  await run(process.execPath, [compiler, '-b', ...projects, '--pretty', 'false'], {
    cwd: folder,
    label: 'the build of another version',
  });
}
