import type { Command } from './command.js';

type Table = Record<string, () => Promise<{ command: Command }>>;

/** Every command of `node start.mjs <command>`, loaded when it runs: none loads what only another one needs. */
export const COMMANDS: Table = {
  audit: () => import('./commands/audit.js'),
  backup: () => import('./commands/backup.js'),
  bench: () => import('./commands/bench.js'),
  build: () => import('./commands/build.js'),
  chaos: () => import('./commands/chaos.js'),
  'contracts:publish': () => import('./commands/contracts-publish.js'),
  'dead-letters': () => import('./commands/dead-letters.js'),
  dev: () => import('./commands/dev.js'),
  'dev:users': () => import('./commands/dev-users.js'),
  fuzz: () => import('./commands/fuzz.js'),
  'kubernetes:secrets': () => import('./commands/kubernetes-secrets.js'),
  load: () => import('./commands/load.js'),
  migrate: () => import('./commands/migrate.js'),
  mutate: () => import('./commands/mutate.js'),
  new: () => import('./commands/new.js'),
  prisma: () => import('./commands/prisma.js'),
  reannounce: () => import('./commands/reannounce.js'),
  reset: () => import('./commands/reset.js'),
  restart: () => import('./commands/restart.js'),
  restore: () => import('./commands/restore.js'),
  rights: () => import('./commands/rights.js'),
  start: () => import('./commands/start.js'),
  stop: () => import('./commands/stop.js'),
  style: () => import('./commands/style.js'),
  tail: () => import('./commands/tail.js'),
  test: () => import('./commands/test.js'),
  topology: () => import('./commands/topology.js'),
  trace: () => import('./commands/trace.js'),
  typecheck: () => import('./commands/typecheck.js'),
};

/** Commands that programs of this repository run, and people do not. */
export const INTERNAL_COMMANDS: Table = {
  'container-setup': () => import('./commands/container-setup.js'),
};
