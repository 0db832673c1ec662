import type { Progress } from '@sluice/stack/progress';
import { run as runToItsEnd } from '@sluice/stack/run';
import type { StateDirectory } from '@sluice/stack/state-directory';
import { inRoot } from '@sluice/stack/workspace';

/** A load leaves messages under way; the audit waits so long for them to arrive. Seconds. */
const SETTLE_SECONDS = 60;

/**
 * Runs the audit of a running system once nothing is under way.
 * @throws Failure with its report when something is not consistent
 */
export const audit = (stateDirectory: StateDirectory, progress: Progress): Promise<void> =>
  progress.step('audit', async () => {
    await runToItsEnd(process.execPath, [inRoot('start.mjs'), 'audit', '--settle', String(SETTLE_SECONDS)], {
      env: { ...process.env, SLUICE_HOME: stateDirectory.dir },
    });
  });
