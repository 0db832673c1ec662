import { build, install } from '@sluice/stack/build/build';
import type { Progress } from '@sluice/stack/progress';

/** Installs, generates and compiles what has changed. */
export async function installAndBuild(progress: Progress): Promise<void> {
  await install(progress);
  await build(progress);
}
