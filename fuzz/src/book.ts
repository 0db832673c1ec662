// @ts-nocheck
/** More of one operation are not shown: they are mostly one fault. */
const SHOWN = 5;

/**
 * What cannot succeed from outside alone, and why.
 * @type {Record<string, string>}
 */
const NO_SUCCESS = {
  'POST /users/verification': 'its code goes to a phone',
};

/**
 * What was asked and answered, by operation.
 * @typedef {{ kinds: Record<string, number>, statuses: Record<string, number>, faults: { what: string, line: string }[]
 * }} Entry
 */
export class Book {
  /** @type {Map<string, Entry>} */
  #entries = new Map();
  /** @type {{ key: string, what: string }[]} */
  #latest = [];
  total = 0;

  /** @param {import('./operations.js').Operation[]} operations */
  constructor(operations) {
    for (const { key } of operations) this.#entries.set(key, { kinds: {}, statuses: {}, faults: [] });
  }

  /** @param {{ operation: { key: string }, kind: string }} request @param {{ status: number }} answer */
  note({ operation, kind }, { status }) {
    const entry = this.#entries.get(operation.key);
    entry.kinds[kind] = (entry.kinds[kind] ?? 0) + 1;
    entry.statuses[status] = (entry.statuses[status] ?? 0) + 1;
    this.total++;
  }

  /** @param {string} key of the operation @param {string} what @param {string} line how to repeat it */
  fault(key, what, line) {
    this.#entries.get(key).faults.push({ what, line });
    this.#latest.push({ key, what });
  }

  /** @param {number} from how many are known already @returns {{ key: string, what: string }[]} */
  latestFaults(from) {
    return this.#latest.slice(from);
  }

  get entries() {
    return [...this.#entries].map(([key, entry]) => ({ key, ...entry }));
  }

  get faults() {
    return this.#latest.length;
  }

  /**
   * @returns {{ key: string, lacks: 'success' | 'refusal' }[]} operations of which nothing was seen to succeed, or to
   * be refused
   */
  get unreached() {
    const has = ({ statuses }, first) => Object.keys(statuses).some((status) => status.startsWith(first));
    return this.entries.flatMap((entry) => [
      ...(has(entry, '2') || NO_SUCCESS[entry.key] ? [] : [{ key: entry.key, lacks: /** @type {const} */ 'success' }]),
      ...(has(entry, '4') ? [] : [{ key: entry.key, lacks: /** @type {const} */ 'refusal' }]),
    ]);
  }
}

const KINDS = ['fits', 'again', 'body', 'json', 'media', 'path', 'query', 'header', 'token', 'role', 'foreign'];
const counted = (counts) =>
  Object.entries(counts)
    .map(([name, count]) => `${name}×${count}`)
    .join(' ');

/**
 * @param {Book} book
 * @returns {string[]} a table in Markdown: of each operation the requests by kind, and the answers by status
 */
export function tableOf(book) {
  const others = (kinds) =>
    Object.entries(kinds)
      .filter(([kind]) => !KINDS.includes(kind))
      .reduce((sum, [, count]) => sum + count, 0);
  const rows = book.entries.map(({ key, kinds, statuses, faults }) => [
    `\`${key}\``,
    ...KINDS.map((kind) => kinds[kind] ?? ''),
    others(kinds),
    counted(statuses),
    faults.length,
  ]);
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const head = ['operation', ...KINDS, 'others', 'answers', 'faults'];
  return [
    line(head),
    line(head.map((_, index) => (index === 0 || index === head.length - 2 ? '---' : '--:'))),
    ...rows.map(line),
  ];
}

/** @param {Book} book @returns {string[]} the first faults of each operation, each with how to repeat it */
export function faultLines(book) {
  return book.entries.flatMap(({ key, faults }) => [
    ...faults.slice(0, SHOWN).flatMap(({ what, line }) => [`✗ ${key}: ${what}`, `    ${line}`]),
    ...(faults.length > SHOWN ? [`  and ${faults.length - SHOWN} more of ${key}`] : []),
  ]);
}
