import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { BenchRun } from '../benchmark.js';
import { shown } from '../table/statistics.js';
import { causesOf, type CpuProfile, type Window } from './causes.js';

/** Makes every service write its profile to the folder that BENCH_PROFILES names. */
export const PROFILING = `--import=${new URL('preload.js', import.meta.url).href}`;

/** Causes below this share of a service are left out. */
const LEAST_SHARE = 0.01;
const ENDING = '.cpuprofile';

/** Profiles of earlier runs would be taken for those of this one. */
export function emptyFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

/** Lists what each service, and all together, did in the measured time. */
export function reportProfiles({ progress }: BenchRun, folder: string, window: Window): void {
  const all = new Map<string, number>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith(ENDING))) {
    const causes = causesOf(JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as CpuProfile, window);
    for (const [cause, time] of causes) all.set(cause, (all.get(cause) ?? 0) + time);
    progress.line(`${path.basename(file, ENDING)}: ${sharesOf(causes)}`);
  }
  progress.line(`all services: ${sharesOf(all)}\nThe profiles: ${folder}`);
}

function sharesOf(causes: ReadonlyMap<string, number>): string {
  const total = [...causes.values()].reduce((sum, time) => sum + time, 0);
  return [...causes]
    .filter(([, time]) => time >= total * LEAST_SHARE)
    .sort(([, one], [, other]) => other - one)
    .map(([cause, time]) => `${cause} ${shown((time / total) * 100)} %`)
    .join(', ');
}
