/** What one run of a script knows, shared by the modules that stand in for k6's. */
export const run = {
  /** `init` while the script loads: k6 lets it declare things then, and nothing else. */
  phase: /** @type {'init' | 'setup' | 'iteration' | 'teardown' | 'summary'} */ ('init'),
  /** How many times as fast as the real clock ours is. */
  speed: Number(process.env.STAND_IN_SPEED ?? 1),
  scenario: { name: '', iterationInTest: 0 },
  vu: { idInTest: 1 },
  /** @type {Map<string, { type: string, samples: { value: number, tags: Record<string, string> }[] }>} */
  metrics: new Map(),
  /** @type {Map<string, { passes: number, fails: number }>} */
  checks: new Map(),
};

export function duringInit(what) {
  if (run.phase !== 'init') throw new Error(`${what} belongs to the init context`);
}

export function afterInit(what) {
  if (run.phase === 'init') throw new Error(`${what} is not possible in the init context`);
}

export function declare(name, type) {
  const known = run.metrics.get(name);
  if (known && known.type !== type) throw new Error(`metric ${name} is a ${known.type} already`);
  if (!known) run.metrics.set(name, { type, samples: [] });
}

export function sample(name, value, tags = {}) {
  if (Number.isNaN(value)) throw new Error(`metric ${name} takes numbers`);
  run.metrics.get(name).samples.push({ value, tags });
}

const BUILT_IN = {
  checks: 'rate',
  http_reqs: 'counter',
  http_req_duration: 'trend',
  http_req_failed: 'rate',
  iterations: 'counter',
  dropped_iterations: 'counter',
};
for (const [name, type] of Object.entries(BUILT_IN)) declare(name, type);
