// Runs a k6 script as k6 would, a little of it: node run.mjs <script> <most iterations of a scenario, 0 to look at its options only>
// Prints one line of JSON: its options, what became of its thresholds, its summary, what it threw.
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { fastClock, setClock } from '../clock.mjs';
import { iterationsOf, startOf, waitsBetween } from './scenarios.mjs';
import { sleep } from './k6.mjs';
import { duringInit, run, sample } from './run-state.mjs';
import { isKept, problemsOf, valuesOf } from './thresholds.mjs';

const [, , file, most] = process.argv;
const threw = [];

register('./hooks.mjs', import.meta.url);
setClock(fastClock(Number(process.env.STAND_IN_EPOCH), run.speed));
Object.assign(globalThis, {
  __ENV: Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(LOAD_|BASE_URL$|ADMIN_)/.test(name))),
  __VU: 1,
  __ITER: 0,
  open: (name) => (duringInit('open()'), readFileSync(name, 'utf8')),
});

const script = await import(pathToFileURL(file).href).catch((error) => void threw.push(error.message));
if (script && Number(most) > 0) await perform(script);
process.stdout.write(`${JSON.stringify({ threw, ...(script && report(script)) })}\n`, () => process.exit(0));

async function perform({ options, setup, teardown }) {
  if (problemsOf(options.thresholds, run.metrics).length > 0) return;
  const data = await attempt('setup', setup);
  if (threw.length > 0) return;
  const json = JSON.stringify(data);
  const scenarios = Object.entries(options.scenarios).sort(([, a], [, b]) => startOf(a) - startOf(b));
  for (const [name, scenario] of scenarios) await performScenario(name, scenario, json);
  await attempt('teardown', () => teardown?.(JSON.parse(json)));
}

/** One iteration after the other, over the time that the scenario takes. */
async function performScenario(name, scenario, json) {
  const turns = Math.min(iterationsOf(scenario), Number(most));
  for (let turn = 0; turn < turns; turn++) {
    Object.assign(run.scenario, { name, iterationInTest: turn });
    await attempt('iteration', () => script[scenario.exec](JSON.parse(json)));
    sample('iterations', 1);
    sleep(waitsBetween(scenario, turns));
  }
}

async function attempt(phase, work) {
  run.phase = phase;
  try {
    return await work?.();
  } catch (error) {
    threw.push(`${phase}: ${error.stack}`);
    return undefined;
  }
}

function report({ options, handleSummary, ...exported }) {
  const problems = problemsOf(options.thresholds, run.metrics);
  if (problems.length > 0) return { options, problems };
  const thresholds = Object.entries(options.thresholds).flatMap(([name, limits]) =>
    limits.map((limit) => [`${name} ${limit}`, isKept(name, limit, run.metrics)]),
  );
  run.phase = 'summary';
  return {
    options,
    problems,
    exported: Object.keys(exported),
    broken: thresholds.filter(([, ok]) => !ok).map(([limit]) => limit),
    summary: handleSummary(summaryData(options)),
  };
}

/** The shape that k6 hands to handleSummary: what has samples, and what has thresholds. */
function summaryData({ thresholds }) {
  const observed = [...run.metrics].filter(([, { samples }]) => samples.length > 0).map(([name]) => name);
  const names = [...new Set([...observed, ...Object.keys(thresholds)])];
  const metrics = names.map((name) => {
    const limits = thresholds[name]?.map((limit) => [limit, { ok: isKept(name, limit, run.metrics) }]);
    return [name, { ...valuesOf(name, run.metrics), ...(limits && { thresholds: Object.fromEntries(limits) }) }];
  });
  const checks = [...run.checks].map(([name, counts]) => ({ name, ...counts }));
  return {
    root_group: { name: '', groups: [], checks },
    state: { testRunDurationMs: 1 },
    metrics: Object.fromEntries(metrics),
  };
}
