// @ts-nocheck
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** RFC 3339 as people read it: how long ago, and when. */
export function ago(instant, now = Date.now()) {
  if (instant === undefined) return 'at an unknown time';
  const ms = Math.max(0, now - Date.parse(instant));
  const [n, unit] =
    ms < MINUTE_MS
      ? [ms / 1_000, 's']
      : ms < HOUR_MS
        ? [ms / MINUTE_MS, 'min']
        : ms < 48 * HOUR_MS
          ? [ms / HOUR_MS, 'h']
          : [ms / (24 * HOUR_MS), 'days'];
  return `${Math.floor(n)} ${unit} ago (${instant})`;
}

export const letters = (count) => `${count} dead letter${count === 1 ? '' : 's'}`;

/** One queue: how many letters, the oldest, and what they died of. */
export function summaryText(queue, { count, oldest, groups }, total = count) {
  const seen = total > count ? ` (these are of the first ${count})` : '';
  return [
    `${queue}  ${letters(total)}, the oldest ${ago(oldest)}${seen}`,
    ...groups.map((group) => `  ${String(group.count).padStart(6)} × ${group.type}  ${group.reason}`),
  ].join('\n');
}

/** One letter on one line, with a reason of one line. */
export const lineOf = ({ id = '(no id)', type = '(no type)', failedAt = '', attempts, redriven, reason }) =>
  `  ${id}  ${failedAt}  ${type}  failed ${attempts}×${redriven > 0 ? `, redriven ${redriven}×` : ''}  ${reason}`;

/** One letter whole; `scrub` masks what nobody should read over a shoulder, `headline` is the one line of a reason that says most. */
export function letterText({ letter, message }, scrub, headline) {
  const { stack, history, headers, ...facts } = { ...letter, headers: message.properties.headers ?? {} };
  const others = Object.entries(headers).filter(([name]) => !SHOWN.has(name));
  const list = [
    ...Object.entries(facts).filter(([, value]) => value !== undefined),
    ...others.map(([name, value]) => [`header ${name}`, typeof value === 'object' ? JSON.stringify(value) : value]),
  ];
  return scrub(
    [
      ...list.map(([name, value]) => `${NAMES[name] ?? name}: ${value}`),
      'history:',
      ...history.map(({ at, reason }, n) => `  ${String(n + 1).padStart(2)}. ${at}  ${headline(reason)}`),
      ...(stack ? ['stack:', stack.replaceAll(/^/gm, '  ')] : []),
      'body:',
      pretty(message.content).replaceAll(/^/gm, '  '),
    ].join('\n'),
  );
}

const NAMES = {
  correlationId: 'correlation id',
  failedAt: 'failed at',
  originalExchange: 'first published to',
  originalRoutingKey: 'with the routing key',
};
const SHOWN = new Set([
  'reason',
  'stack',
  'attempts',
  'failed-at',
  'history',
  'redriven',
  'original-exchange',
  'original-routing-key',
  'correlation-id',
]);

function pretty(content) {
  const text = content.toString('utf8');
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // then that is what is wrong with it
  }
}

/** One letter as a line of JSON, with everything that it takes to publish it again; nothing is masked. */
export function jsonLineOf({ letter: { queue }, message: { properties, content, fields } }) {
  const text = content.toString('utf8');
  const body = Buffer.from(text).equals(content) ? { body: text } : { bodyBase64: content.toString('base64') };
  return `${JSON.stringify({ queue, deadFrom: fields.exchange, properties, ...body })}\n`;
}
