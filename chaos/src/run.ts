import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Failure } from '@sluice/stack/failure';
import { abandoned } from '@sluice/stack/private-servers';
import { seconds } from '@sluice/stack/progress';
import { temporaryRun } from '@sluice/stack/temporary-run';
import { commandOf, formArguments, type Options } from './arguments.js';
import { unmount } from './long/disk.js';
import { seedTable, type Summary } from './report.js';
import { restoreRun } from './restore/restore-run.js';
import { runSeed, settingsOf } from './run-seed.js';
import { startSystemUnderTest } from './system.js';

/** One run: a system of its own, its faults, the verdict. @throws Failure with what was wrong and where the logs are */
export async function chaos(options: Options): Promise<number> {
  if (options.restore) return restoreRun(options.seed, commandOf(options));
  for (const stateDirectory of abandoned()) await unmount(stateDirectory);
  const command = commandOf(options);
  const seed = async (run: Parameters<Parameters<typeof temporaryRun>[1]>[0]): Promise<number> => {
    const { progress, shutdown } = run;
    progress.line(`seed ${options.seed}: ${command}`);
    const system = await startSystemUnderTest(run, settingsOf(options), options);
    await shutdown.add('system', () => system.supervisor.kill()); // an orderly end would only take time
    const { wrong, summary } = await runSeed(system, options, (line) => progress.line(line));
    process.send?.(summary); // to the parent that runs many seeds
    if (wrong.length > 0) throw new Failure(wrong.join('; '), `To repeat it: ${command}`);
    const skipped = summary.rows.filter((row) => row.skipped).map(({ name }) => `; skipped: ${name}`);
    progress.line(
      `✓ nothing lost, nothing doubled, no dead letters, after ${seconds(performance.now())}${skipped.join('')}; to repeat it: ${command}`,
    );
    return 0;
  };
  return temporaryRun('chaos', seed, unmount);
}

/** One run after the other, each in a process of its own; those after a failure too. @returns the exit code */
export async function chaosOften({ seed: first, seeds, ...form }: Options): Promise<number> {
  const failed: number[] = [];
  const summaries: Summary[] = [];
  for (let seed = first; seed < first + seeds; seed++) {
    const child = fork(process.argv[1] ?? '', ['chaos', '--seed', String(seed), ...formArguments(form)], {
      stdio: 'inherit',
    });
    child.on('message', (summary) => summaries.push(summary as Summary));
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) failed.push(seed);
    if (code === 130) break; // interrupted
    console.log('');
  }
  for (const line of summaries.length > 0 ? [...seedTable(summaries), ''] : []) console.log(line);
  console.log(
    failed.length === 0
      ? `✓ ${seeds} of ${seeds} seeds`
      : `✗ failed: ${failed.map((seed) => commandOf({ seed, ...form })).join(', ')}`,
  );
  return failed.length === 0 ? 0 : 1;
}
