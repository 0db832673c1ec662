import path from 'node:path';
import { readBackup } from '@sluice/stack/backup';
import { Failure } from '@sluice/stack/failure';
import { Progress } from '@sluice/stack/progress';
import { requireSameVersion, requireStopped, restoreBackup } from '@sluice/stack/restore';
import { StateDirectory } from '@sluice/stack/state-directory';
import { defineCommand, FLAG } from '../command.js';
import { confirm } from '../confirm.js';

export const command = defineCommand({
  usage: `npm run restore -- <folder> [--yes]
  --yes                does not ask
Puts the databases and secrets of a backup in the place of those that are here, and empties the broker. What is replaced is
kept until PostgreSQL has recovered the backup. Then: npm start, npm run reannounce, npm run audit -- --settle 60.`,
  options: { yes: FLAG },
  words: [1, 1],
  run: async ({ words: [given = ''], values: { yes } }) => {
    if (process.env['DATABASE_URL'])
      throw new Failure('DATABASE_URL names a server of your own', 'Restore it by its own means: docs/operations.md.');
    const stateDirectory = new StateDirectory();
    const folder = path.resolve(given);
    const backup = readBackup(folder);
    await requireStopped(stateDirectory);
    await requireSameVersion(backup);
    if (!yes)
      await confirm({
        what: `this replaces all data in ${stateDirectory.dir} by that of ${backup.takenAt}`,
        command: `npm run restore -- ${given} --yes`,
        otherwise: 'nothing was replaced',
      });
    await new Progress().step('restore', (note) => restoreBackup(stateDirectory, folder, backup, note));
    console.log('\nNext: npm start, then npm run reannounce: what was in the broker is said again.');
  },
});
