import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '@sluice/stack/failure';
import { Progress } from '@sluice/stack/progress';
import { run } from '@sluice/stack/run';
import { inRoot } from '@sluice/stack/workspace';
import { build } from '@sluice/stack/build/build';
import { runProgram } from './run-program.js';
import { runUntilStopped } from './run-until-stopped.js';

const PEERS = inRoot('bench/peers');

export interface BenchOptions {
  /** One short round each. */
  quick?: boolean | undefined;
  /** Installs the packages of bench/peers first. */
  installPeers?: boolean | undefined;
  /** Makes CPU profiles of the services. */
  profile?: boolean | undefined;
}

/**
 * Runs benchmarks of bench/, each with what it needs on this machine: servers, systems, peers.
 * @param names all when there are none
 */
export const runBenchmarks = (names: readonly string[], options: BenchOptions): Promise<number> =>
  runUntilStopped(async ({ shutdown }) => {
    for (const name of names) requireBenchmark(name);
    const progress = new Progress();
    if (options.installPeers) for (const peer of peers()) await installPeer(peer, progress);
    await build(progress);
    const env = environmentOf(options);
    let stop = (): void => {};
    const onStart = (kill: () => void): void => void (stop = kill);
    const running = runProgram(process.execPath, [inRoot('bench/dist/main.js'), ...names], { env, onStart });
    await shutdown.add('benchmarks', async () => {
      stop();
      await running; // it ends its servers and removes their data
    });
    return running;
  });

function requireBenchmark(name: string): void {
  const names = benchmarkNames();
  if (!names.includes(name))
    throw new Failure(`there is no benchmark "${name}"`, `npm run bench -- ${names.join(' | ')}`);
}

const benchmarkNames = (): string[] =>
  readdirSync(inRoot('bench/src/benchmarks'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .map((file) => file.slice(0, -'.ts'.length));

const environmentOf = ({ quick, profile }: BenchOptions): NodeJS.ProcessEnv => ({
  ...process.env,
  ...(quick && { BENCH_QUICK: 'true' }),
  ...(profile && { BENCH_PROFILES: profileFolder() }),
});

const peers = (): string[] => readdirSync(PEERS).filter((name) => existsSync(path.join(PEERS, name, 'package.json')));

const installPeer = (name: string, progress: Progress): Promise<string> =>
  progress.step(`packages of ${name}`, () =>
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: path.join(PEERS, name),
      fix: 'Check the connection to the npm registry (npm ping).',
    }),
  );

function profileFolder(): string {
  const folder = inRoot('.sluice/profiles');
  mkdirSync(folder, { recursive: true });
  return folder;
}
