/** A scenario of a script's options. Which fields there are depends on the executor. */
export interface Scenario {
  executor: string;
  /** The exported function that it runs. */
  exec: string;
  startTime?: string;
  duration?: string;
  maxDuration?: string;
  gracefulStop?: string;
  vus?: number;
  iterations?: number;
  rate?: number;
  startRate?: number;
  stages?: { target: number; duration: string }[];
  preAllocatedVUs?: number;
  maxVUs?: number;
}

/** Seconds of `90s` or `2m`, the only forms in use here. */
export const secondsOf = (duration = '0s'): number => Number(/^(\d+(?:\.\d+)?)s$/.exec(duration)?.[1] ?? Number.NaN);

export const startOf = ({ startTime }: Scenario): number => secondsOf(startTime);

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

interface Executor {
  /** Iterations that the scenario is meant to make; Infinity for VUs that iterate as often as they can. */
  iterations(scenario: Scenario): number;
  /** Seconds. */
  length(scenario: Scenario): number;
}

const EXECUTORS = new Map<string, Executor>([
  [
    'per-vu-iterations',
    {
      iterations: ({ vus = NaN, iterations = NaN }) => vus * iterations,
      length: ({ maxDuration }) =>
        secondsOf(maxDuration?.replace(/^(\d+)m$/, (_, minutes) => `${Number(minutes) * 60}s`)),
    },
  ],
  [
    'shared-iterations',
    { iterations: ({ iterations = NaN }) => iterations, length: ({ maxDuration }) => secondsOf(maxDuration) },
  ],
  ['constant-vus', { iterations: () => Infinity, length: ({ duration }) => secondsOf(duration) }],
  [
    'constant-arrival-rate',
    {
      iterations: ({ rate = NaN, duration }) => rate * secondsOf(duration),
      length: ({ duration }) => secondsOf(duration),
    },
  ],
  [
    'ramping-arrival-rate',
    {
      iterations: ({ startRate = NaN, stages = [] }) =>
        sum(
          stages.map(
            ({ target, duration }, i) => ((target + (stages[i - 1]?.target ?? startRate)) / 2) * secondsOf(duration),
          ),
        ),
      length: ({ stages = [] }) => sum(stages.map(({ duration }) => secondsOf(duration))),
    },
  ],
]);

export const iterationsOf = (scenario: Scenario): number =>
  Math.round(EXECUTORS.get(scenario.executor)?.iterations(scenario) ?? NaN);

/** When the scenario is over at the latest, in seconds from the beginning; NaN when k6 could not read it. */
export const endOf = (scenario: Scenario): number =>
  startOf(scenario) +
  (EXECUTORS.get(scenario.executor)?.length(scenario) ?? NaN) +
  (scenario.gracefulStop === undefined ? 30 : secondsOf(scenario.gracefulStop));

/** Seconds between two of so many iterations; 0 where k6 begins the next one at once. */
export const waitsBetween = ({ duration }: Scenario, iterations: number): number =>
  duration === undefined ? 0 : secondsOf(duration) / iterations;

/** Settings of a scenario that k6 would refuse, or run for ever. */
export function problemsOfScenario(scenario: Scenario, exported: readonly string[]): string[] {
  const { executor, exec, preAllocatedVUs = NaN, maxVUs = NaN, rate = 1, stages = [] } = scenario;
  if (!EXECUTORS.has(executor)) return [`there is no executor ${executor}`];
  const hasVUs = preAllocatedVUs >= 1 && maxVUs >= preAllocatedVUs;
  const rates = [rate, ...stages.map(({ target }) => target)];
  return [
    ...(exported.includes(exec) ? [] : [`exec ${exec} is not exported`]),
    ...(Number.isFinite(endOf(scenario)) ? [] : ['it has no end']),
    ...(!executor.endsWith('-arrival-rate') || hasVUs
      ? []
      : [`${preAllocatedVUs} of at most ${maxVUs} VUs are preallocated`]),
    ...(rates.every(Number.isInteger) ? [] : ['a rate is no whole number']),
  ];
}
