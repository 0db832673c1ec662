import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type Reporter, type TestModule, type TestSpecification, type Vitest } from 'vitest/node';
import { project } from '../../vitest.shared.js';
import { groupFromEnvironment } from './group-environment.js';

/** Read by Stryker's vitest runner, in the copy of the checkout that it has mutated. */
const { specs, light } = groupFromEnvironment();
const root = path.resolve(import.meta.dirname, '../..');

/** The fastest first: the first test that fails ends the run of a mutant. */
class AsListed extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => specs.indexOf(path.relative(root, moduleId));
    return [...files].sort((one, other) => rank(one) - rank(other));
  }
}

/** A spec file that does not load has no failed test: Stryker 9 would count its mutant as survived. Here it is an error. */
class LoadingFailures implements Reporter {
  #vitest?: Vitest;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestModuleEnd(module: TestModule): void {
    for (const error of module.errors()) this.#vitest?.state.catchError(error, 'Unhandled Error');
  }
}

/** Every mutant loads its modules anew, in 0.3 s instead of 0.7 s without NestJS, amqplib and pg, which no rule uses. */
const alias: Record<string, string> = light
  ? {
      '@sluice/messaging': path.join(root, 'libs/messaging/src/errors.ts'),
      '@sluice/persistence': path.join(import.meta.dirname, 'light-persistence.ts'),
    }
  : {};

const setupFiles = [path.join(import.meta.dirname, 'repeatable.ts')];
export default defineConfig({
  test: {
    projects: [{ ...project(root, { name: 'mutation', include: specs, setupFiles }), resolve: { alias } }],
    reporters: [new LoadingFailures()],
    sequence: { sequencer: AsListed },
  },
});
