// @ts-nocheck
// Users for load tests, in the system of a running `npm start`: npm run --silent dev:users -- 20000 > tokens.txt
// A token for each on stdout, one a line; the same users every time. Development only.
import { makeDevUsers } from '../dev-users.js';
import { runCommand } from '@sluice/stack/failure';
import { Progress } from '@sluice/stack/progress';
import { commandLine } from '@sluice/stack/usage';

runCommand(() =>
  makeDevUsers(commandLine('dev:users').words[0], 'inherit', { progress: new Progress(process.stderr) }),
);
