import type { Thresholds } from './report.js';
import type { Metrics, MetricType } from './run-state.js';

/** The aggregations that a type of metric has (k6, "Thresholds"). */
const AGGREGATIONS: Record<MetricType, RegExp> = {
  counter: /^(count|rate)$/,
  gauge: /^value$/,
  rate: /^rate$/,
  trend: /^(avg|min|med|max|p\(\d+(\.\d+)?\))$/,
};
const EXPRESSION = /^([a-z]+(?:\([\d.]+\))?) *(<=|<|>=|>|===|==|!=) *(\d+(?:\.\d+)?)$/;
const NAME = /^(\w+)(?:\{(\w+):(\w+)\})?$/;

const COMPARE = new Map<string, (a: number, b: number) => boolean>([
  ['<', (a, b) => a < b],
  ['<=', (a, b) => a <= b],
  ['>', (a, b) => a > b],
  ['>=', (a, b) => a >= b],
  ['==', (a, b) => a === b],
  ['===', (a, b) => a === b],
  ['!=', (a, b) => a !== b],
]);

/** Thresholds that k6 would refuse, with the reason. */
export function problemsOf(thresholds: Thresholds, metrics: Metrics): string[] {
  return Object.entries(thresholds).flatMap(([name, limits]) => {
    const metric = metrics.get(NAME.exec(name)?.[1] ?? '');
    if (!metric) return [`there is no metric ${name}`];
    return limits
      .filter((limit) => !AGGREGATIONS[metric.type].test(EXPRESSION.exec(limit)?.[1] ?? ''))
      .map((limit) => `${name} (${metric.type}) has no ${limit}`);
  });
}

type Aggregates = Record<string, number>;

/** A metric, or its part with a tag, as handleSummary receives it. */
export function valuesOf(name: string, metrics: Metrics): { type: MetricType; values: Aggregates } {
  const [, base = '', tag, wanted] = NAME.exec(name) ?? [];
  const metric = metrics.get(base);
  if (!metric) throw new Error(`there is no metric ${name}`);
  const samples = metric.samples.filter(({ tags }) => tag === undefined || tags[tag] === wanted);
  return { type: metric.type, values: AGGREGATE[metric.type](samples.map(({ value }) => value)) };
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const share = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.filter((value) => value !== 0).length / values.length;

const AGGREGATE: Record<MetricType, (values: readonly number[]) => Aggregates> = {
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

function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((percent / 100) * (sorted.length - 1))] ?? 0;
}

/** Whether a threshold holds at the end, where k6 checks each, also of metrics without samples: they are 0. */
export function isKept(name: string, limit: string, metrics: Metrics): boolean {
  const [, aggregation = '', operator = '', bound] = EXPRESSION.exec(limit) ?? [];
  const value = valuesOf(name, metrics).values[aggregation] ?? 0;
  return COMPARE.get(operator)?.(value, Number(bound)) ?? false;
}
