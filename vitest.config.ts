import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { project } from './vitest.shared.js';

/** What takes minutes begins first, the longest before the others: begun last it would run alone, on half of the machine. */
const LONGEST = [
  'libs/messaging/src/pausing',
  'rights/src/rights',
  ...['shared-system', 'single-processes', 'clocks', 'outages', 'flash-sale', 'sick-database', 'fuzz'].map(
    (name) => `e2e/src/${name}`,
  ),
].map((file) => `/${file}.spec.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.findIndex((file) => moduleId.endsWith(file));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

/** They take minutes: run by `npm run chaos -- --specs`, or by their path. */
const exclude = process.env['SLOW_SPECS'] === 'true' ? [] : ['**/*.slow.spec.ts'];

/** Everything but e2e as one project, so that a worker imports Nest and the libraries once, and not once for each app. */
const units = project(import.meta.dirname, {
  name: 'units',
  include: [
    '{apps,libs}/*/src/**/*.spec.ts',
    'topology/src/**/*.spec.ts',
    '{stack,testing,audit,chaos,fuzz,rights,mutation,cli,bench}/src/**/*.spec.ts',
    'load/spec/**/*.spec.ts',
  ],
  exclude,
});

/** Every file boots a whole system of its own, so these run when all other tests have ended. */
const e2e = project(path.join(import.meta.dirname, 'e2e'), {
  name: 'e2e',
  exclude,
  testTimeout: 180_000,
  // A boot is waited for while it makes progress (testing/src/system.ts), for 600 s at most.
  hookTimeout: 660_000,
  // Each is a dozen processes: one takes 0.6 to 0.9 of a core, so three use all of two cores.
  maxWorkers: 3,
  sequence: { groupOrder: 1 },
});

/** The one configuration of `npm test`: everything runs in one process tree. */
export default defineConfig({
  test: {
    projects: [units, e2e],
    passWithNoTests: false,
    // Tests wait more than they compute. With four and with five workers on two cores, tests that boot brokers were
    // sometimes too slow for their limits.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
  },
});
