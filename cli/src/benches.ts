import { readdirSync } from 'node:fs';
import { Failure } from '@sluice/stack/failure';
import { privateServers } from '@sluice/stack/private-servers';
import { Progress } from '@sluice/stack/progress';
import { inRoot } from '@sluice/stack/workspace';
import { build } from '@sluice/stack/build/build';
import { runProgram } from './run-program.js';
import { runUntilStopped } from './run-until-stopped.js';

/** Measures a whole `npm start`, which brings its own servers. */
const WITHOUT_SERVERS = 'memory';

/** Runs a program of bench/, with a PostgreSQL and a RabbitMQ of its own. */
export const runBench = (name: string, args: readonly string[]): Promise<number> =>
  runUntilStopped(async ({ shutdown }) => {
    const names = benchNames();
    if (!names.includes(name))
      throw new Failure(`there is no bench "${name}"`, `npm run bench -- ${names.join(' | ')}`);
    const progress = new Progress();
    await build(progress);
    const onStart = (stop: () => void): void => void shutdown.add(name, stop);
    const servers = name === WITHOUT_SERVERS ? {} : await privateServers(progress, shutdown, { durable: true });
    const env = { ...process.env, ...servers };
    return runProgram(process.execPath, [inRoot('bench/dist', `${name}.js`), ...args], { env, onStart });
  });

const benchNames = (): string[] =>
  readdirSync(inRoot('bench/src'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .map((file) => file.slice(0, -'.ts'.length));
