import { project } from '../vitest.shared.js';

/** Every file boots the whole system, so they run one after another, when all other tests have ended. */
export default project(import.meta.dirname, {
  testTimeout: 180_000,
  hookTimeout: 120_000,
  fileParallelism: false,
  sequence: { groupOrder: 1 },
});
