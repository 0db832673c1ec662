/** Seconds of `90s`, the only form in use here. */
export const secondsOf = (duration = '0s') => Number(/^(\d+(?:\.\d+)?)s$/.exec(duration)?.[1] ?? Number.NaN);

export const startOf = ({ startTime }) => secondsOf(startTime);

const stagesOf = ({ stages }) => stages.map(({ duration }) => secondsOf(duration));
const sum = (values) => values.reduce((a, b) => a + b, 0);

/** Iterations that the scenario is meant to make; those of VUs that go round as often as they can are unknown. */
const ITERATIONS = {
  'per-vu-iterations': ({ vus, iterations }) => vus * iterations,
  'shared-iterations': ({ iterations }) => iterations,
  'constant-vus': () => Infinity,
  'constant-arrival-rate': ({ rate, duration }) => rate * secondsOf(duration),
  'ramping-arrival-rate': ({ startRate, stages }) =>
    sum(
      stages.map(
        ({ target, duration }, i) => ((target + (stages[i - 1]?.target ?? startRate)) / 2) * secondsOf(duration),
      ),
    ),
};
export const iterationsOf = (scenario) => Math.round(ITERATIONS[scenario.executor](scenario));

const LENGTH = {
  'per-vu-iterations': ({ maxDuration }) =>
    secondsOf(maxDuration.replace(/^(\d+)m$/, (_, minutes) => `${minutes * 60}s`)),
  'shared-iterations': ({ maxDuration }) => secondsOf(maxDuration),
  'constant-vus': ({ duration }) => secondsOf(duration),
  'constant-arrival-rate': ({ duration }) => secondsOf(duration),
  'ramping-arrival-rate': (scenario) => sum(stagesOf(scenario)),
};
/** When the scenario is over at the latest, in seconds from the beginning. NaN when it says that in a way that k6 does not know. */
export const endOf = (scenario) =>
  startOf(scenario) +
  LENGTH[scenario.executor](scenario) +
  (scenario.gracefulStop === undefined ? 30 : secondsOf(scenario.gracefulStop));

/** Seconds between two of so many iterations; where k6 takes the next one at once, 0. */
export const waitsBetween = ({ duration }, turns) => (duration === undefined ? 0 : secondsOf(duration) / turns);

const ARRIVALS = ['constant-arrival-rate', 'ramping-arrival-rate'];

/** What k6 would refuse of a scenario, or run for ever. @returns {string[]} */
export function problemsOfScenario(scenario, exported) {
  const { executor, exec, preAllocatedVUs, maxVUs, rate = 1, stages = [] } = scenario;
  if (!LENGTH[executor]) return [`there is no executor ${executor}`];
  return [
    !exported.includes(exec) && `exec ${exec} is not exported`,
    !Number.isFinite(endOf(scenario)) && 'it has no end',
    ARRIVALS.includes(executor) &&
      !(preAllocatedVUs >= 1 && maxVUs >= preAllocatedVUs) &&
      `${preAllocatedVUs} of at most ${maxVUs} VUs are preallocated`,
    ![rate, ...stages.map(({ target }) => target)].every(Number.isInteger) && 'a rate is no whole number',
  ].filter(Boolean);
}
