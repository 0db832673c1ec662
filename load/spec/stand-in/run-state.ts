export type MetricType = 'counter' | 'gauge' | 'rate' | 'trend';

export interface Metric {
  type: MetricType;
  samples: { value: number; tags: Record<string, string> }[];
}

/** By name. */
export type Metrics = ReadonlyMap<string, Metric>;

interface Run {
  /** `init` while the script loads: k6 allows declarations then, and nothing else. */
  phase: 'init' | 'setup' | 'iteration' | 'teardown' | 'summary';
  /** How many times as fast as the real clock the clock of the run is. */
  speed: number;
  scenario: { name: string; iterationInTest: number };
  vu: { idInTest: number };
  metrics: Map<string, Metric>;
  checks: Map<string, { passes: number; fails: number }>;
}

/** The state of one run of a script, shared by the modules that stand in for k6's. */
export const run: Run = {
  phase: 'init',
  speed: Number(process.env['STAND_IN_SPEED'] ?? 1),
  scenario: { name: '', iterationInTest: 0 },
  vu: { idInTest: 1 },
  metrics: new Map(),
  checks: new Map(),
};

export function duringInit(what: string): void {
  if (run.phase !== 'init') throw new Error(`${what} belongs to the init context`);
}

export function afterInit(what: string): void {
  if (run.phase === 'init') throw new Error(`${what} is not possible in the init context`);
}

export function declare(name: string, type: MetricType): void {
  const declared = run.metrics.get(name);
  if (declared && declared.type !== type) throw new Error(`metric ${name} is a ${declared.type} already`);
  if (!declared) run.metrics.set(name, { type, samples: [] });
}

export function sample(name: string, value: number, tags: Record<string, string> = {}): void {
  if (Number.isNaN(value)) throw new Error(`metric ${name} takes numbers`);
  const metric = run.metrics.get(name);
  if (!metric) throw new Error(`there is no metric ${name}`);
  metric.samples.push({ value, tags });
}

const BUILT_IN: Record<string, MetricType> = {
  checks: 'rate',
  http_reqs: 'counter',
  http_req_duration: 'trend',
  http_req_failed: 'rate',
  iterations: 'counter',
  dropped_iterations: 'counter',
};
for (const [name, type] of Object.entries(BUILT_IN)) declare(name, type);
