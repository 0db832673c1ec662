import { defineConfig } from 'vitest/config';

/** `npm test` runs every project in one process tree; e2e boots the whole system and therefore runs after all others. */
export default defineConfig({
  test: {
    projects: ['libs/*', 'apps/*', 'topology', 'tools', 'load', 'e2e'],
    passWithNoTests: false,
    // Tests wait more than they compute: on two cores, three at a time.
    maxWorkers: 3,
  },
});
