// @ts-nocheck
import { mkdirSync } from 'node:fs';
import { installDependencies } from './dependencies.js';
import { generateClients } from './generate.js';
import { withLock } from '../lock.js';
import { run } from '../run.js';
import { inRoot, root } from '../workspace.js';

/** One at a time in a checkout: two builds at once would write the same files. */
function alone(work, note) {
  mkdirSync(inRoot('.nx'), { recursive: true });
  return withLock(inRoot('.nx', 'build.lock'), work, () => note('waiting for another build in this checkout'));
}

/** @param {import('../progress.js').Progress} progress */
export const install = (progress) =>
  progress.step('dependencies', (note) => alone(() => installDependencies(note), note));

/**
 * Generates and compiles what has changed. The compiler looks by itself; nx would cost seconds even when nothing has.
 * @param {import('../progress.js').Progress} progress
 */
export const build = (progress) =>
  progress.step('build', (note) =>
    alone(async () => {
      await generateClients();
      await compile();
    }, note),
  );

async function compile() {
  const compiler = inRoot('node_modules/typescript7/bin/tsc');
  const fix = 'Mend what the compiler says above; node node_modules/typescript7/bin/tsc -b says more.';
  await run(process.execPath, [compiler, '-b', '--pretty', 'false'], { cwd: root, label: 'the build', fix }).catch(
    (error) => {
      error.output = error.output
        ?.split('\n')
        .filter((line) => !line.startsWith(' '))
        .join('\n'); // without the explanations beneath each error
      throw error;
    },
  );
}
