// Users for load tests, in the system of a running `npm start`: npm run --silent dev:users -- 20000 > tokens.txt
// A token for each on stdout, one a line; the same users every time. Development only.
import './lib/node-version.mjs';
import { makeDevUsers } from './lib/dev-users.mjs';
import { runTool } from './lib/failure.mjs';
import { Progress } from './lib/progress.mjs';
import { commandLine } from './lib/usage.mjs';

runTool(() => makeDevUsers(commandLine('dev:users').words[0], 'inherit', { progress: new Progress(process.stderr) }));
