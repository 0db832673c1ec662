import { project } from '../vitest.shared.js';

/** Every file starts a whole system, so these run after all other tests. */
export default project(import.meta.dirname, {
  testTimeout: 180_000,
  // The start of a system may take 600 s while it makes progress (testing/src/system.ts).
  hookTimeout: 660_000,
  // Each file runs a dozen processes, and waits half of its time.
  maxWorkers: 3,
  sequence: { groupOrder: 1 },
});
