// @ts-nocheck
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Failure } from '@sluice/stack/failure';
import { LOCK, PREFIX, remove, sweep, temporaryStateDirectory } from '@sluice/stack/private-servers';
import { Progress, seconds } from '@sluice/stack/progress';
import { Shutdown } from '@sluice/stack/shutdown';
import { stopAll } from '@sluice/stack/stop-all';
import { commandOf, formArguments } from './arguments.js';
import { unmount, unmountAbandoned } from './long/disk.js';
import { seedTable } from './report.js';
import { runSeed, settingsOf } from './seed.js';
import { startVictim } from './system.js';

/**
 * One run: a system of its own, its faults, the reckoning.
 * @param {import('./arguments.js').Options} options
 * @returns {Promise<number>} the exit code
 * @throws {Failure} that says what was wrong and where the logs are
 */
export async function chaos(options) {
  const progress = new Progress();
  const shutdown = new Shutdown();
  await unmountAbandoned(PREFIX, LOCK);
  await sweep();
  const stateDirectory = temporaryStateDirectory();
  const end = () => endAll(stateDirectory, shutdown, progress);
  shutdown.onSignal(
    () =>
      end()
        .then(() => remove(stateDirectory))
        .then(() => process.exit(130)),
    () => process.exit(130),
  );
  progress.line(`seed ${options.seed}: ${commandOf(options)}`);
  try {
    const { wrong, summary } = await whole(options, { stateDirectory, progress, shutdown });
    process.send?.(summary); // to whoever runs many
    if (wrong.length > 0) throw new Failure(wrong.join('; '), `To repeat it: ${commandOf(options)}`);
    const skipped = summary.rows
      .filter((row) => row.skipped)
      .map(({ name }) => `; skipped: ${name}`)
      .join('');
    progress.line(
      `✓ nothing lost, nothing doubled, no dead letters, after ${seconds(performance.now())}${skipped}; to repeat it: ${commandOf(options)}`,
    );
    return 0;
  } catch (error) {
    if (shutdown.requested) await new Promise(() => {}); // it failed because we stop, and whoever stops us ends the process
    await end();
    throw Object.assign(error, {
      fix: [error.fix, `The logs: ${keepLogs(stateDirectory)}`].filter(Boolean).join('\n  '),
    });
  } finally {
    await end();
    await remove(stateDirectory);
  }
}

/** A server that cannot be started again ends the run at once. */
async function whole(options, { stateDirectory, progress, shutdown }) {
  let giveUp;
  const gaveUp = new Promise((_, reject) => (giveUp = reject));
  const run = async () => {
    const victim = await startVictim({ stateDirectory, progress, shutdown, giveUp }, settingsOf(options), options);
    await shutdown.add('victim', () => victim.supervisor.kill()); // nobody waits for an orderly end
    return runSeed(victim, options, (line) => progress.line(line));
  };
  return Promise.race([run(), gaveUp]);
}

/** The data is thrown away, so the servers are not asked but killed. */
async function endAll(stateDirectory, shutdown, progress) {
  progress.stopping = true;
  const stopped = shutdown.stop();
  await stopAll(stateDirectory, { throwAway: true });
  await stopped;
  await unmount(stateDirectory);
}

/** Out of the home, which is removed. */
function keepLogs(stateDirectory) {
  const kept = path.join(mkdtempSync(path.join(tmpdir(), 'sluice-chaos-')), 'logs');
  renameSync(stateDirectory.path('logs'), kept);
  return kept;
}

/**
 * One run after the other, each in a process of its own; those after a failure too.
 * @param {import('./arguments.js').Options} options
 * @returns {Promise<number>} the exit code
 */
export async function chaosOften({ seed: first, seeds, ...form }) {
  const failed = [];
  const summaries = [];
  for (let seed = first; seed < first + seeds; seed++) {
    const child = fork(process.argv[1], ['--seed', String(seed), ...formArguments(form)], { stdio: 'inherit' });
    child.on('message', (summary) => summaries.push(summary));
    const [code] = await once(child, 'exit');
    if (code !== 0) failed.push(seed);
    if (code === 130) break; // somebody has had enough
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
