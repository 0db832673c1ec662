import { mkdirSync } from 'node:fs';
import { Failure } from '../failure.js';
import { withLock } from '../lock.js';
import type { Progress } from '../progress.js';
import { run } from '../run.js';
import { inRoot, root } from '../workspace.js';
import { generateClients } from './generate.js';
import { buildPage } from './page.js';

/** Generates and compiles what has changed. The compiler itself finds that; nx would cost seconds even when nothing has. */
export const build = (progress: Progress): Promise<void> =>
  progress.step('build', (note) => alone(buildAll, () => note('waiting for another build in this checkout')));

/**
 * The same for a part of the checkout.
 * @param projects folders, or files of tsconfig @param onWait called when another build runs
 */
export const compile = (projects: string[], onWait?: () => void): Promise<void> =>
  alone(() => generateAndCompile(projects), onWait);

/** Builds the page alone, for a gateway that is compiled. */
export const rebuildPage = (): Promise<void> => alone(buildPage);

/** Generates what has changed, and compiles nothing. */
export const generate = (progress: Progress): Promise<void> => progress.step('clients', () => alone(generateClients));

/** One at a time in a checkout: two builds at once would write the same files. */
function alone(work: () => Promise<void>, onWait?: () => void): Promise<void> {
  mkdirSync(inRoot('.nx'), { recursive: true });
  return withLock(inRoot('.nx', 'build.lock'), work, onWait);
}

async function buildAll(): Promise<void> {
  await generateAndCompile(['tsconfig.build.json']);
  await buildPage();
}

async function generateAndCompile(projects: string[]): Promise<void> {
  await generateClients();
  const compiler = inRoot('node_modules/typescript7/bin/tsc');
  const fix =
    'Mend what the compiler says above; node node_modules/typescript7/bin/tsc -b tsconfig.build.json says more.';
  await run(process.execPath, [compiler, '-b', ...projects, '--pretty', 'false'], {
    cwd: root,
    label: 'the build',
    fix,
  }).catch((error: unknown) => {
    throw error instanceof Failure ? new Failure(error.message, error.fix, withoutExplanations(error.output)) : error;
  });
}

/** Beneath each error the compiler explains it, indented. */
const withoutExplanations = (output = ''): string =>
  output
    .split('\n')
    .filter((line) => !line.startsWith(' '))
    .join('\n');
