import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Progress } from '../progress.js';
import { inRoot } from '../workspace.js';
import { build } from './build.js';

/** Libraries that commands load when they run, and that are not compiled together with the commands. */
const LIBRARIES = ['libs/messaging', 'libs/service-kit'];

/** Compiles the system in a checkout that has never run. Its progress goes to stderr. */
export async function ensureCompiled(): Promise<void> {
  if (LIBRARIES.every((folder) => existsSync(inRoot(folder, 'dist/index.js')))) return;
  await build(new Progress(process.stderr));
}

/** @param file in the repository, compiled */
export const loadCompiled = (file: string): Promise<unknown> => import(pathToFileURL(inRoot(file)).href);
