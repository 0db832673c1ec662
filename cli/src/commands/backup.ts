import path from 'node:path';
import { takeBackup } from '@sluice/stack/backup';
import { Failure } from '@sluice/stack/failure';
import { Progress } from '@sluice/stack/progress';
import { StateDirectory } from '@sluice/stack/state-directory';
import { inRoot } from '@sluice/stack/workspace';
import { defineCommand } from '../command.js';

export const command = defineCommand({
  usage: `npm run backup -- [<folder>]
Copies the databases of npm start as they are at one moment, and the secrets, to a new folder (backups/<time> without one).
The shop goes on meanwhile. Messages in the broker are not part of it: npm run restore, then npm run reannounce.`,
  words: [0, 1],
  run: async ({ words: [given] }) => {
    if (process.env['DATABASE_URL'])
      throw new Failure('DATABASE_URL names a server of your own', 'Use its own backups: docs/operations.md.');
    const folder = given === undefined ? inRoot('backups', nameOf(new Date())) : path.resolve(given);
    await new Progress().step('backup', async (note) => {
      const { takenAt, bytes, services } = await takeBackup(new StateDirectory(), folder);
      note(`${services.length} databases as of ${takenAt}, ${Math.ceil(bytes / 1_000_000)} MB in ${folder}`);
    });
    console.log('It contains every password and key: protect it accordingly.');
  },
});

/** `2026-11-30T13-45-07Z`: colons are not allowed in every file system. */
const nameOf = (now: Date): string => now.toISOString().replace(/\.\d+/, '').replaceAll(':', '-');
