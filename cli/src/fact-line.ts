// @ts-nocheck
/** Widths that hold the longest names of this system: a line per message stays a table. */
const TYPE_WIDTH = 28;
const PLACE_WIDTH = 26;
const COLOURS = [31, 32, 33, 34, 35, 36, 91, 92, 93, 94, 95, 96];
/** Where a fact of some word does not carry an id of that name. */
const ENTITIES = ['orderId', 'saleId', 'sku', 'userId'];

/**
 * One message on one line.
 * @param {{ time: string, type: string, correlationId?: string, data: unknown, place?: string }} message place: where it was seen
 * @param {{ width: number, coloured: boolean }} terminal
 */
export function factLine({ time, type, correlationId = '', data, place }, { width, coloured }) {
  const [id, rest] = entityOf(type, data);
  const start = [
    time.slice(11, 23),
    ...(place === undefined ? [] : [place.padEnd(PLACE_WIDTH)]),
    type.padEnd(TYPE_WIDTH),
    id.padEnd(36),
    '',
  ].join('  ');
  const text = rest === undefined ? '' : typeof rest === 'string' ? rest : JSON.stringify(rest);
  const room = Math.max(20, width - start.length - correlationId.length - 2);
  return `${start}${coloured ? paint(correlationId) : correlationId}  ${text.length > room ? `${text.slice(0, room - 1)}…` : text}`;
}

/** The id of what it is about, and the rest. */
function entityOf(type, data) {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return ['', data];
  const key = [`${type.split('.', 1)[0].replace(/s$/, '')}Id`, ...ENTITIES].find(
    (name) => typeof data[name] === 'string',
  );
  if (key === undefined) return ['', data];
  const { [key]: id, ...rest } = data;
  return [id, rest];
}

/** The same id has the same colour, so what belongs together is seen together. */
function paint(text) {
  const sum = [...text].reduce((hash, letter) => (hash * 31 + letter.codePointAt(0)) >>> 0, 0);
  return `\x1b[${COLOURS[sum % COLOURS.length]}m${text}\x1b[0m`;
}

export const terminal = () => ({
  width: process.stdout.columns ?? 200,
  coloured: Boolean(process.stdout.isTTY) && !process.env.NO_COLOR,
});

/** What a body says, for people; no JSON stays text. */
export function dataOf(content) {
  const text = content.toString('utf8');
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}
