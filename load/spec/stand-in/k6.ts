import { afterInit, run, sample } from './run-state.js';

/** Never changes, so that a wait for it ends with its timeout. */
const unchanged = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the whole VU like k6, by the fast clock. */
export function sleep(seconds: number): void {
  afterInit('sleep()');
  Atomics.wait(unchanged, 0, 0, (seconds * 1000) / run.speed);
}

type Rule<T> = unknown | ((value: T) => unknown);

export function check<T>(value: T, rules: Record<string, Rule<T>>, tags: Record<string, string> = {}): boolean {
  afterInit('check()');
  const results = Object.entries(rules).map(([name, rule]) =>
    record(name, Boolean(typeof rule === 'function' ? (rule as (value: T) => unknown)(value) : rule), tags),
  );
  return results.every(Boolean);
}

function record(name: string, passed: boolean, tags: Record<string, string>): boolean {
  const counts = run.checks.get(name) ?? { passes: 0, fails: 0 };
  run.checks.set(name, { passes: counts.passes + Number(passed), fails: counts.fails + Number(!passed) });
  sample('checks', Number(passed), { ...tags, check: name });
  return passed;
}

export function fail(message: string): never {
  throw new Error(message);
}
