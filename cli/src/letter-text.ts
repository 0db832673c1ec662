import type { DeadLetter, FetchedLetter, Summary } from '@sluice/messaging';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long ago an RFC 3339 instant was, and the instant. */
export function ago(instant: string | undefined, now = Date.now()): string {
  if (instant === undefined) return 'at an unknown time';
  return `${age(Math.max(0, now - Date.parse(instant)))} ago (${instant})`;
}

function age(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.floor(ms / 1_000)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  return ms < 2 * DAY_MS ? `${Math.floor(ms / HOUR_MS)} h` : `${Math.floor(ms / DAY_MS)} days`;
}

export const letters = (count: number): string => `${count} dead letter${count === 1 ? '' : 's'}`;

/** A queue: the number of its letters, the age of the oldest, and the reasons by frequency. */
export function summaryText(queue: string, { count, oldest, groups }: Summary, total = count): string {
  const part = total > count ? ` (these are of the first ${count})` : '';
  return [
    `${queue}  ${letters(total)}, the oldest ${ago(oldest)}${part}`,
    ...groups.map((group) => `  ${String(group.count).padStart(6)} × ${group.type}  ${group.reason}`),
  ].join('\n');
}

/** A letter on one line; its reason has one line. */
export const lineOf = ({
  id = '(no id)',
  type = '(no type)',
  facts,
  failedAt = '',
  attempts,
  redriven,
  reason,
}: DeadLetter) =>
  `  ${id}  ${failedAt}  ${type}${facts > 1 ? ` (${facts} facts)` : ''}  failed ${attempts}×${redriven > 0 ? `, redriven ${redriven}×` : ''}  ${reason}`;

/** All headers and the body. @param scrub masks secrets @param headline the line of a reason that explains most */
export function letterText(
  { letter, message }: FetchedLetter,
  scrub: (text: string) => string,
  headline: (reason: string) => string,
): string {
  const { stack, history, ...facts } = letter;
  const headers = Object.entries(message.properties.headers ?? {}).filter(([name]) => !SHOWN.has(name));
  const list: [string, unknown][] = [
    ...Object.entries(facts).filter(([, value]) => value !== undefined),
    ...headers.map(([name, value]): [string, unknown] => [
      `header ${name}`,
      typeof value === 'object' ? JSON.stringify(value) : value,
    ]),
  ];
  return scrub(
    [
      ...list.map(([name, value]) => `${NAMES.get(name) ?? name}: ${String(value)}`),
      'history:',
      ...history.map(({ at, reason }, n) => `  ${String(n + 1).padStart(2)}. ${at}  ${headline(reason)}`),
      ...(stack ? ['stack:', indented(stack)] : []),
      'body:',
      indented(pretty(message.content)),
    ].join('\n'),
  );
}

const NAMES = new Map([
  ['correlationId', 'correlation id'],
  ['failedAt', 'failed at'],
  ['originalExchange', 'first published to'],
  ['originalRoutingKey', 'with the routing key'],
]);

/** Headers that are read into the letter, and are not printed twice. */
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

const indented = (text: string): string => text.replaceAll(/^/gm, '  ');

function pretty(content: Buffer): string {
  const text = content.toString('utf8');
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // a body that is no JSON is a reason to be given up
  }
}

/** A letter as a line of JSON, with everything that it takes to publish it again; nothing is masked. */
export function jsonLineOf({ letter: { queue }, message: { properties, content, fields } }: FetchedLetter): string {
  const text = content.toString('utf8');
  const body = Buffer.from(text).equals(content) ? { body: text } : { bodyBase64: content.toString('base64') };
  return `${JSON.stringify({ queue, deadFrom: fields.exchange, properties, ...body })}\n`;
}
