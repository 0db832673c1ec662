// Runs a few iterations of a k6 script, like k6:
// node run.js <script> <maximum iterations per scenario; 0 only reads the options>
// Prints one line of JSON: the options, the crossed thresholds, the summary, the errors.
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { fastClock, setClock } from '../clock.js';
import { sleep } from './k6.js';
import type { Report, ScriptOptions } from './report.js';
import { duringInit, run, sample } from './run-state.js';
import { iterationsOf, startOf, waitsBetween, type Scenario } from './scenarios.js';
import { isKept, problemsOf, valuesOf } from './thresholds.js';

/** A k6 script: besides these it exports the functions that its scenarios run. */
interface Script {
  options: ScriptOptions;
  setup?: () => unknown;
  teardown?: (data: unknown) => unknown;
  handleSummary(data: object): Record<string, string>;
}

const [, , file = '', most] = process.argv;
const threw: string[] = [];
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

register('./hooks.js', import.meta.url);
setClock(fastClock(Number(process.env['STAND_IN_EPOCH']), run.speed));
Object.assign(globalThis, {
  __ENV: Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(LOAD_|BASE_URL$|ADMIN_)/.test(name))),
  __VU: 1,
  __ITER: 0,
  open: (name: string) => (duringInit('open()'), readFileSync(name, 'utf8')),
});

const script = (await import(pathToFileURL(file).href).catch((error: unknown) => {
  threw.push(messageOf(error));
})) as (Script & Record<string, (data: unknown) => unknown>) | undefined;
if (script && Number(most) > 0) await perform(script);
process.stdout.write(`${JSON.stringify({ threw, ...(script && report(script)) })}\n`, () => process.exit(0));

async function perform({ options, setup, teardown }: Script): Promise<void> {
  if (problemsOf(options.thresholds, run.metrics).length > 0) return;
  const data = await attempt('setup', () => setup?.());
  if (threw.length > 0) return;
  const json = JSON.stringify(data);
  const scenarios = Object.entries(options.scenarios).sort(([, a], [, b]) => startOf(a) - startOf(b));
  for (const [name, scenario] of scenarios) await performScenario(name, scenario, json);
  await attempt('teardown', () => teardown?.(JSON.parse(json)));
}

/** Runs one iteration after the other, over the time that the scenario takes. */
async function performScenario(name: string, scenario: Scenario, json: string): Promise<void> {
  const iterations = Math.min(iterationsOf(scenario), Number(most));
  for (let iteration = 0; iteration < iterations; iteration++) {
    Object.assign(run.scenario, { name, iterationInTest: iteration });
    await attempt('iteration', () => script?.[scenario.exec]?.(JSON.parse(json)));
    sample('iterations', 1);
    sleep(waitsBetween(scenario, iterations));
  }
}

async function attempt(phase: typeof run.phase, work: () => unknown): Promise<unknown> {
  run.phase = phase;
  try {
    return await work();
  } catch (error) {
    threw.push(`${phase}: ${error instanceof Error ? error.stack : String(error)}`);
    return undefined;
  }
}

function report({ options, handleSummary, ...exported }: Script): Partial<Report> {
  const problems = problemsOf(options.thresholds, run.metrics);
  if (problems.length > 0) return { options, problems };
  const broken = Object.entries(options.thresholds).flatMap(([name, limits]) =>
    limits.filter((limit) => !isKept(name, limit, run.metrics)).map((limit) => `${name} ${limit}`),
  );
  run.phase = 'summary';
  return { options, problems, exported: Object.keys(exported), broken, summary: handleSummary(summaryData(options)) };
}

/** The data that k6 passes to handleSummary: metrics that have samples or thresholds. */
function summaryData({ thresholds }: ScriptOptions): object {
  const observed = [...run.metrics].filter(([, { samples }]) => samples.length > 0).map(([name]) => name);
  const names = [...new Set([...observed, ...Object.keys(thresholds)])];
  const metrics = names.map((name) => {
    const limits = thresholds[name]?.map((limit) => [limit, { ok: isKept(name, limit, run.metrics) }] as const);
    return [name, { ...valuesOf(name, run.metrics), ...(limits && { thresholds: Object.fromEntries(limits) }) }];
  });
  const checks = [...run.checks].map(([name, counts]) => ({ name, ...counts }));
  return {
    root_group: { name: '', groups: [], checks },
    state: { testRunDurationMs: 1 },
    metrics: Object.fromEntries(metrics) as unknown,
  };
}
