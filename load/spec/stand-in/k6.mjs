import { afterInit, run, sample } from './run-state.mjs';

const still = new Int32Array(new SharedArrayBuffer(4));

/** Waits as k6 does, the whole VU, by our fast clock. */
export function sleep(seconds) {
  afterInit('sleep()');
  Atomics.wait(still, 0, 0, (seconds * 1000) / run.speed);
}

export function check(value, rules, tags = {}) {
  afterInit('check()');
  const results = Object.entries(rules).map(([name, rule]) =>
    note(name, Boolean(typeof rule === 'function' ? rule(value) : rule), tags),
  );
  return results.every(Boolean);
}

function note(name, passed, tags) {
  const counts = run.checks.get(name) ?? { passes: 0, fails: 0 };
  run.checks.set(name, { passes: counts.passes + Number(passed), fails: counts.fails + Number(!passed) });
  sample('checks', Number(passed), { ...tags, check: name });
  return passed;
}

export function fail(message) {
  throw new Error(message);
}
