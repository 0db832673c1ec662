import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';

type Packages = Record<string, Record<string, unknown>>;

export interface Workspace {
  name: string;
  /** From the root of the checkout: `apps/loyalty`. */
  folder: string;
  version: string;
  dependencies: Readonly<Record<string, string>>;
}

/**
 * Adds a workspace to package-lock.json as `npm install` does, without a registry. Without these two entries `npm ci`
 * refuses the lock file.
 */
export const lockWorkspace = (text: string, { name, folder, version, dependencies }: Workspace): string =>
  addPackages(text, {
    [folder]: { name, version, dependencies },
    [`node_modules/${name}`]: { resolved: folder, link: true },
  });

/** Adds the link to the list that npm keeps of what it has installed. */
export const listLink = (text: string, { name, folder }: Workspace): string =>
  addPackages(text, { [`node_modules/${name}`]: { resolved: folder, link: true } });

/** In npm's order: by name, as localeCompare has it in English. */
function addPackages(text: string, added: Packages): string {
  const lock = JSON.parse(text) as { packages: Packages };
  const entries = Object.entries({ ...lock.packages, ...added });
  entries.sort(([one], [other]) => one.localeCompare(other, 'en'));
  return `${JSON.stringify({ ...lock, packages: Object.fromEntries(entries) }, null, 2)}\n`;
}

/** Makes the link in node_modules that `npm install` would make, so that nothing needs to be installed. */
export function linkWorkspace(root: string, { name, folder }: Pick<Workspace, 'name' | 'folder'>): void {
  const link = path.join(root, 'node_modules', name);
  if (existsSync(link)) return;
  mkdirSync(path.dirname(link), { recursive: true });
  symlinkSync(path.relative(path.dirname(link), path.join(root, folder)), link, 'junction');
}
