// Users for load tests, in the system of a running `npm start`: npm run --silent dev:users -- 20000 > tokens.txt
// A token for each on stdout, one a line; the same users every time. Development only.
import { makeDevUsers } from './lib/dev-users.mjs';
import { runTool } from './lib/failure.mjs';
import { Progress } from './lib/progress.mjs';

runTool(() => makeDevUsers(process.argv[2], 'inherit', { progress: new Progress(process.stderr) }));
