import { existsSync, readFileSync } from 'node:fs';
import { run } from '../run.js';
import { inRoot, root } from '../workspace.js';

/** npm's own account of what it has put into node_modules; written last, so an install that was cut short has none. */
const INSTALLED = 'node_modules/.package-lock.json';

type Packages = Record<string, { version?: string; optional?: boolean }>;

const packagesOf = (file: string): Packages =>
  (JSON.parse(readFileSync(inRoot(file), 'utf8')) as { packages: Packages }).packages;

/** Whether node_modules holds what package-lock.json asks for. Packages of other platforms may be missing. */
export function dependenciesAreInstalled(): boolean {
  if (!existsSync(inRoot(INSTALLED))) return false;
  const installed = packagesOf(INSTALLED);
  const wanted = Object.entries(packagesOf('package-lock.json')).filter(([place]) => place.includes('node_modules/'));
  return wanted.every(([place, { version, optional }]) =>
    installed[place] ? installed[place].version === version : optional === true,
  );
}

export async function installDependencies(note: (what: string) => void): Promise<void> {
  if (dependenciesAreInstalled()) return;
  note('npm ci, about a minute');
  await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], {
    cwd: root,
    label: 'npm ci',
    fix: 'Check the connection to the npm registry (npm ping), then start again.',
  });
}
