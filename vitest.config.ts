import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes minutes begins first: begun last it would run alone, on half of the machine. */
const LONGEST = /(libs\/messaging\/src\/cluster|e2e\/src\/(shared-system|outages|chaos|operations|payment-window|broker-loss|flash-sale|flash-sale-faults))\.spec\.ts$/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => LONGEST.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** `npm test` runs every project in one process tree; e2e boots the whole system and therefore runs after all others. */
export default defineConfig({
  test: {
    projects: ['libs/*', 'apps/*', 'topology', 'tools', 'load', 'e2e'],
    passWithNoTests: false,
    // Tests wait more than they compute: on two cores, three at a time.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
  },
});
