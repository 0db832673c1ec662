import { Progress } from '@sluice/stack/progress';
import { defineCommand } from '../command.js';
import { installAndBuild } from '../install-and-build.js';

export const command = defineCommand({
  usage: 'npm run build\nInstalls, generates and compiles what has changed.',
  run: () => installAndBuild(new Progress()),
});
