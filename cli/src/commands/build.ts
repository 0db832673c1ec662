import { Progress } from '@sluice/stack/progress';
import { defineCommand } from '../command.js';
import { build } from '@sluice/stack/build/build';

export const command = defineCommand({
  usage: 'npm run build\nInstalls, generates and compiles what has changed.',
  run: () => build(new Progress()),
});
