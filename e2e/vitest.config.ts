import { project } from '../vitest.shared.js';

/** Every file boots a whole system of its own, so these run when all other tests have ended. */
export default project(import.meta.dirname, {
  testTimeout: 180_000,
  // A boot is waited for while it gets on (testing/src/system.ts), for 600 s at most.
  hookTimeout: 660_000,
  // Each is a dozen processes at work, and waits half of its time.
  maxWorkers: 3,
  sequence: { groupOrder: 1 },
});
