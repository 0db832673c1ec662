/** Reads the metrics of a run by name; a metric without samples is 0. */
function reader({ metrics }) {
  const values = (name) => (metrics[name] ? metrics[name].values : {});
  return {
    count: (name) => values(name).count || 0,
    gauge: (name) => values(name).value || 0,
    times: (name) => timesOf(values(name)),
    p95: (name) => values(name)['p(95)'] || 0,
  };
}

const ms = (value) => (value === undefined ? '-' : value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`);
const timesOf = (values) =>
  `median ${ms(values.med)}, 95% within ${ms(values['p(95)'])}, 99% within ${ms(values['p(99)'])}, slowest ${ms(values.max)}`;

/** Formats 1234567 as 1,234,567. */
export const number = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
/** Formats the part as a percentage of the whole. */
export const share = (part, whole) => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)}%`);

/** Returns every limit and whether it was kept. */
const limitsOf = ({ metrics }) =>
  Object.entries(metrics)
    .flatMap(([name, { thresholds = {} }]) =>
      Object.entries(thresholds).map(([limit, { ok }]) => ({ ok, text: `${name} ${limit}` })),
    )
    .sort((a, b) => (a.text < b.text ? -1 : 1));

const brokenChecks = ({ checks = [], groups = [] }) => [
  ...checks.filter(({ fails }) => fails > 0).map(({ name, fails, passes }) => `${name}: ${fails} of ${fails + passes}`),
  ...groups.flatMap(brokenChecks),
];

const verdictOf = (limits, broken, good) =>
  broken === 0 ? good : `No: ${broken} of ${limits} limits ${broken === 1 ? 'is' : 'are'} broken.`;

/**
 * Returns the text that a run prints at its end: the question, the verdict, the results, and the limits.
 * @param answer (metrics) => [label, text] pairs
 * @param good verdict when every limit is kept
 */
export function summary(given, question, answer, good = 'Yes.') {
  // k6 passes maps and slices of Go, which are not quite JavaScript objects and arrays.
  const data = JSON.parse(JSON.stringify(given));
  const limits = limitsOf(data);
  const broken = limits.filter(({ ok }) => !ok);
  const ran = data.metrics.iterations?.values.count > 0;
  const verdict = ran ? verdictOf(limits.length, broken.length, good) : 'It did not run: the setup failed, see above.';
  const lines = [
    ['', question, '', verdict, ''],
    ran ? answer(reader(data)).map(([label, text]) => `  ${label.padEnd(14)} ${text}`) : [],
    ['', '  limits'],
    limits.map(({ ok, text }) => `  ${ok ? '✓' : '✗'} ${text}`),
    brokenChecks(data.root_group).map((text) => `  ✗ ${text}`),
    [''],
  ];
  return { stdout: `${lines.flat().join('\n')}\n` };
}
