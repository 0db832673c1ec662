import { chmodSync } from 'node:fs';
import { createRequire } from 'node:module';
import { inRoot } from '../workspace.js';

/** The command line of the Prisma CLI for one service's folder. */
export const prismaCommand = (service: string, args: readonly string[]): [program: string, ...args: string[]] => [
  process.execPath,
  createRequire(import.meta.url).resolve('prisma/build/index.js'),
  ...args,
  '--config',
  `prisma/${service}/prisma.config.ts`,
];

/**
 * The CLI needs a native schema engine and would download it. Closed networks cannot, so it is given our own small
 * program that speaks the engine's protocol over the WebAssembly build. PRISMA_NATIVE_ENGINE=1 leaves the CLI alone.
 * @param database adminUrl: of a user who may create databases, for the shadow database
 */
export function prismaEnvironment(database?: { url: string; adminUrl: string }): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' };
  if (database) Object.assign(env, { DATABASE_URL: database.url, SHADOW_DATABASE_ADMIN_URL: database.adminUrl });
  if (!env['PRISMA_NATIVE_ENGINE']) env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= schemaEngine();
  return env;
}

/** Prisma starts it as a program, and the compiler writes files that are none. */
function schemaEngine(): string {
  const file = inRoot('cli/dist/schema-engine.js');
  chmodSync(file, 0o755);
  return file;
}
