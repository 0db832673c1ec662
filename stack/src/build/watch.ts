import { existsSync, readdirSync, watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import { root } from '../workspace.js';

/** Editors and git write several files at once. */
const QUIET_MS = 40;
const GENERATED = new Set(['node_modules', 'dist', 'generated', 'migrations']);

/** @param changed paths in the checkout @param at of the first change, as `performance.now()` counts */
type OnChange = (changed: string[], at: number) => void;

/**
 * Calls back when sources of services have changed.
 * @returns what ends it
 */
export function watchSources(onChange: OnChange, folder: string = root): () => void {
  let watched: FSWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;
  let first = 0;
  const changed = new Set<string>();
  const note = (file: string): void => {
    if (!mayConcernServices(file)) return;
    if (changed.size === 0) first = performance.now();
    changed.add(file);
    clearTimeout(timer);
    timer = setTimeout(report, QUIET_MS);
  };
  /** Also watches folders that are new; one that was removed and made again needs another watcher. */
  const begin = (): void => {
    const former = watched;
    watched = sourceFolders(folder).map((place) => {
      const from = path.relative(folder, place);
      return watch(place, (_, name) => note(path.join(from, name ?? '')));
    });
    for (const one of watched) one.on('error', () => {}); // its folder is gone
    for (const one of former) one.close();
  };
  const report = (): void => {
    try {
      begin();
    } catch {
      timer = setTimeout(report, QUIET_MS); // a folder was removed meanwhile, as when git changes the branch
      return;
    }
    const files = [...changed].sort();
    changed.clear();
    onChange(files, first);
  };
  begin();
  return () => {
    clearTimeout(timer);
    for (const one of watched) one.close();
  };
}

/**
 * Sources of services and of the page, schemas, and what has no extension: it may be a folder. Specs are not part of a
 * service.
 */
export const mayConcernServices = (file: string): boolean =>
  !/\.spec\.ts$|(^|\/)(generated|migrations)$/.test(file) &&
  /\.(?:ts|tsx|css)$|\/schema\.prisma$|(^|\/)[^.]*$/.test(file);

/** Not recursively: on Linux, Node.js 20 watches every file for these, and loses one that an editor replaces. */
const sourceFolders = (base: string): string[] => [
  ...['apps', 'libs'].flatMap((parent) =>
    subfolders(path.join(base, parent)).flatMap((part) => deep(path.join(part, 'src'))),
  ),
  ...subfolders(path.join(base, 'prisma')),
];

const deep = (folder: string): string[] => (existsSync(folder) ? [folder, ...subfolders(folder).flatMap(deep)] : []);

const subfolders = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !GENERATED.has(entry.name))
    .map(({ name }) => path.join(folder, name));
