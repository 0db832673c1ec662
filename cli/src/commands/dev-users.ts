import { Progress } from '@sluice/stack/progress';
import { defineCommand } from '../command.js';
import { makeDevUsers } from '../dev-users.js';

/** Makes the same users every time, in the system of a running `npm start`. Development only. */
export const command = defineCommand({
  usage: 'npm run --silent dev:users -- <count> > tokens.txt\nMakes users for load tests, and prints a token for each.',
  words: [1, 1],
  run: ({ words: [count = ''] }) => makeDevUsers(count, 'inherit', { progress: new Progress(process.stderr) }),
});
