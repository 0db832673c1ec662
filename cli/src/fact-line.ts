/** Widths that hold the longest names of this system: a line per message stays a table. */
const TYPE_WIDTH = 28;
const PLACE_WIDTH = 26;
const ID_WIDTH = 36;
/** The data has at least so many columns, also where the terminal is narrower. */
const MIN_DATA_WIDTH = 20;
const COLOURS = [31, 32, 33, 34, 35, 36, 91, 92, 93, 94, 95, 96];
/** Tried in this order for types whose id is not named after their first word. */
const ENTITIES = ['orderId', 'saleId', 'sku', 'userId'];

/** A message that was seen on the broker. */
export interface Fact {
  /** RFC 3339. */
  time: string;
  type: string;
  correlationId?: string | undefined;
  data: unknown;
  /** The exchange or queue where it was seen. */
  place?: string;
}

export interface Terminal {
  /** Columns. */
  width: number;
  coloured: boolean;
}

export function factLine({ time, type, correlationId = '', data, place }: Fact, { width, coloured }: Terminal): string {
  const [id, rest] = entityOf(type, data);
  const start = [
    time.slice(11, 23),
    ...(place === undefined ? [] : [place.padEnd(PLACE_WIDTH)]),
    type.padEnd(TYPE_WIDTH),
    id.padEnd(ID_WIDTH),
    '',
  ].join('  ');
  const text = rest === undefined ? '' : typeof rest === 'string' ? rest : JSON.stringify(rest);
  const dataWidth = Math.max(MIN_DATA_WIDTH, width - start.length - correlationId.length - 2);
  const shown = text.length > dataWidth ? `${text.slice(0, dataWidth - 1)}…` : text;
  return `${start}${coloured ? paint(correlationId) : correlationId}  ${shown}`;
}

/** The id of the entity that the data is about, and the rest of the data. */
function entityOf(type: string, data: unknown): [id: string, rest: unknown] {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return ['', data];
  const entries = Object.entries(data);
  const names = [`${type.replace(/\..*/, '').replace(/s$/, '')}Id`, ...ENTITIES];
  for (const name of names) {
    const id: unknown = entries.find(([key]) => key === name)?.[1];
    if (typeof id === 'string') return [id, Object.fromEntries(entries.filter(([key]) => key !== name))];
  }
  return ['', data];
}

/** The same id has the same colour, so that messages of one correlation are seen together. */
function paint(text: string): string {
  const sum = [...text].reduce((hash, letter) => (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0, 0);
  return `\x1b[${COLOURS[sum % COLOURS.length]}m${text}\x1b[0m`;
}

export const terminal = (): Terminal => ({
  width: process.stdout.columns ?? 200,
  coloured: process.stdout.isTTY && !process.env['NO_COLOR'],
});

/** Content type of a message that brings several facts: docs/decisions/0034. */
const BATCH = 'application/cloudevents-batch+json';

interface CloudEvent {
  id?: unknown;
  type?: unknown;
  source?: unknown;
  time?: unknown;
  correlationid?: unknown;
  data?: unknown;
}

/** The events of a batch; undefined for any other message. */
export function eventsOf(contentType: unknown, content: Buffer): CloudEvent[] | undefined {
  const events = contentType === BATCH ? dataOf(content) : undefined;
  return Array.isArray(events) && events.every((one) => typeof one === 'object' && one !== null) ? events : undefined;
}

/** The parsed body of a message; text that is no JSON stays text, an empty body is undefined. */
export function dataOf(content: Buffer): unknown {
  const text = content.toString('utf8');
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return text;
  }
}
