/** Which aggregations a type of metric has (k6, "Thresholds"). */
const AGGREGATIONS = {
  counter: /^(count|rate)$/,
  gauge: /^value$/,
  rate: /^rate$/,
  trend: /^(avg|min|med|max|p\(\d+(\.\d+)?\))$/,
};
const EXPRESSION = /^([a-z]+(?:\([\d.]+\))?) *(<=|<|>=|>|===|==|!=) *(\d+(?:\.\d+)?)$/;
const NAME = /^(\w+)(?:\{(\w+):(\w+)\})?$/;

const COMPARE = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
  '===': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};

/** What k6 would refuse of these thresholds. @returns {string[]} */
export function problemsOf(thresholds, metrics) {
  return Object.entries(thresholds).flatMap(([name, limits]) => {
    const metric = metrics.get(NAME.exec(name)?.[1]);
    if (!metric) return [`there is no metric ${name}`];
    return limits
      .filter((limit) => !AGGREGATIONS[metric.type].test(EXPRESSION.exec(limit)?.[1] ?? ''))
      .map((limit) => `${name} (${metric.type}) has no ${limit}`);
  });
}

/** A metric, or its part with a tag, as handleSummary sees it. */
export function valuesOf(name, metrics) {
  const [, base, tag, wanted] = NAME.exec(name);
  const { type, samples } = metrics.get(base);
  const values = samples.filter(({ tags }) => tag === undefined || tags[tag] === wanted).map(({ value }) => value);
  return { type, values: VALUES[type](values) };
}

const sum = (values) => values.reduce((a, b) => a + b, 0);
const share = (values) => (values.length === 0 ? 0 : values.filter((value) => value !== 0).length / values.length);

const VALUES = {
  counter: (values) => ({ count: sum(values), rate: sum(values) }),
  gauge: (values) => ({ value: values.at(-1) ?? 0, min: Math.min(...values), max: Math.max(...values) }),
  rate: (values) => ({
    rate: share(values),
    passes: values.filter(Boolean).length,
    fails: values.filter((value) => !value).length,
  }),
  trend: (values) => ({
    avg: sum(values) / (values.length || 1),
    min: Math.min(0, ...values),
    med: percentile(values, 50),
    max: Math.max(0, ...values),
    'p(95)': percentile(values, 95),
    'p(99)': percentile(values, 99),
  }),
};

function percentile(values, percent) {
  const sorted = values.toSorted?.((a, b) => a - b) ?? [...values].sort((a, b) => a - b);
  return sorted[Math.floor((percent / 100) * (sorted.length - 1))] ?? 0;
}

/** At the end k6 looks at every threshold, of metrics without samples as well: they are 0. */
export function isKept(name, limit, metrics) {
  const [, aggregation, operator, bound] = EXPRESSION.exec(limit);
  const { values } = valuesOf(name, metrics);
  const p = /^p\((.+)\)$/.exec(aggregation);
  return COMPARE[operator](p ? (values[aggregation] ?? 0) : values[aggregation], Number(bound));
}
