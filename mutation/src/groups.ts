import { allServices, manifestOf } from '@sluice/stack/workspace';

/** Files that are mutated together, and the specs that must fail for their mutants. */
export interface Group {
  name: string;
  /** The files to mutate. */
  files: string[];
  /** In the order in which they run against a mutant: the fastest first. */
  specs: string[];
  /** The specs need PostgreSQL and RabbitMQ. */
  servers?: boolean;
  /** The specs load only the errors of messaging and the tables of persistence. */
  light?: boolean;
}

/** The rules of a service: pure functions, and the specs that run them without a server. */
function rulesOf(service: string): Group[] {
  const { rules } = manifestOf(service);
  if (!rules) return [];
  const src = `apps/${service}/src`;
  const [files, specs] = [inFolder(src, '.ts', rules.files), inFolder(src, '.spec.ts', rules.specs)];
  return [{ name: service, light: true, files, specs }];
}

const inFolder = (folder: string, suffix: string, names: readonly string[]): string[] =>
  names.map((name) => `${folder}/${name}${suffix}`);

export const GROUPS: readonly Group[] = [
  ...allServices().flatMap(rulesOf),
  {
    name: 'messaging',
    files: inFolder('libs/messaging/src', '.ts', [
      'settlement',
      'faults',
      'held-messages',
      'dependencies',
      'schedule',
      'batches',
    ]),
    specs: inFolder('libs/messaging/src', '.spec.ts', [
      'settlement',
      'faults',
      'held-messages',
      'dependencies',
      'schedule',
      'batches',
    ]),
  },
  {
    name: 'unit of work',
    servers: true,
    files: inFolder('libs/persistence/src', '.ts', [
      'rows',
      'collection',
      'row-waiters',
      'batch',
      'batched-rows',
      'unit-of-work',
    ]),
    specs: inFolder('libs/persistence/src', '.spec.ts', [
      'collection',
      'rows',
      'row-waiters',
      'unit-of-work',
      'failing-batches',
      'batched-rows',
      'held-rows',
      'tracing',
      'metrics',
      'interleaving',
    ]),
  },
  {
    name: 'outbox',
    servers: true,
    files: inFolder('libs/persistence/src', '.ts', ['unheard-facts', 'relay', 'confirmed', 'sweep']),
    specs: inFolder('libs/persistence/src', '.spec.ts', ['unheard-facts', 'relay', 'metrics', 'on-demand']),
  },
];

const isWithin = (file: string, paths: readonly string[]): boolean =>
  paths.some((path) => file === path || file.startsWith(`${path.replace(/\/$/, '')}/`));

/**
 * The groups that are left with a file to mutate, of those files and specs that exist.
 * @param paths files and folders; none for every file
 */
export function chosen(groups: readonly Group[], paths: readonly string[], exists: (file: string) => boolean): Group[] {
  const narrowed = groups.map((group) => ({
    ...group,
    files: group.files.filter((file) => exists(file) && (paths.length === 0 || isWithin(file, paths))),
    specs: group.specs.filter(exists),
  }));
  return narrowed.filter(({ files }) => files.length > 0);
}

/** Files that were renamed or removed, or are not written yet. */
export const absentFiles = (groups: readonly Group[], exists: (file: string) => boolean): string[] =>
  groups.flatMap(({ files, specs }) => [...files, ...specs]).filter((file) => !exists(file));

/** The paths that name no file of any group. */
export function unknownFiles(groups: readonly Group[], paths: readonly string[]): string[] {
  const files = groups.flatMap((group) => group.files);
  return paths.filter((path) => !files.some((file) => isWithin(file, [path])));
}
