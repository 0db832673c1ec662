import type { HttpResponse } from './http-client.js';
import { isSwitch, type Operation } from './operations.js';
import type { FuzzRequest } from './request.js';

/** More faults of one operation are not printed: most have one cause. */
const SHOWN = 5;

/** Operations that cannot succeed from outside alone, and why. */
const NO_SUCCESS: Readonly<Record<string, string>> = {
  'POST /users/verification': 'its code goes to a phone',
};

interface Fault {
  readonly what: string;
  /** How to repeat it. */
  readonly repeat: string;
}

/** The requests of one operation. */
interface Entry {
  /** How many of each kind. */
  readonly kinds: Record<string, number>;
  /** How many of each status. */
  readonly statuses: Record<string, number>;
  readonly faults: Fault[];
}

/** The requests that were sent, their responses and faults, by operation. */
export class Report {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #faults: { key: string; what: string }[] = [];
  /** Requests. */
  total = 0;

  constructor(operations: readonly Operation[]) {
    this.#entries = new Map(operations.map(({ key }) => [key, { kinds: {}, statuses: {}, faults: [] }]));
  }

  record({ operation, kind }: FuzzRequest, { status }: Pick<HttpResponse, 'status'>): void {
    const { kinds, statuses } = this.#entry(operation.key);
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    statuses[status] = (statuses[status] ?? 0) + 1;
    this.total++;
  }

  addFault(key: string, fault: Fault): void {
    this.#entry(key).faults.push(fault);
    this.#faults.push({ key, what: fault.what });
  }

  /** In the order in which they were found. */
  get faults(): readonly { key: string; what: string }[] {
    return this.#faults;
  }

  get entries(): (Entry & { key: string })[] {
    return [...this.#entries].map(([key, entry]) => ({ key, ...entry }));
  }

  /** Operations of which no request succeeded, or none was refused. */
  get unreached(): { key: string; lacks: 'success' | 'refusal' }[] {
    const has = ({ statuses }: Entry, first: string): boolean =>
      Object.keys(statuses).some((status) => status.startsWith(first));
    return this.entries.flatMap((entry) => [
      ...(has(entry, '2') || NO_SUCCESS[entry.key] || isSwitch(entry)
        ? []
        : [{ key: entry.key, lacks: 'success' as const }]),
      ...(has(entry, '4') ? [] : [{ key: entry.key, lacks: 'refusal' as const }]),
    ]);
  }

  #entry(key: string): Entry {
    const entry = this.#entries.get(key);
    if (!entry) throw new Error(`the document has no ${key}`);
    return entry;
  }
}

const KINDS = ['fits', 'again', 'body', 'json', 'media', 'path', 'query', 'header', 'token', 'role', 'foreign'];

/** A table in Markdown: of each operation the requests by kind, and the responses by status. */
export function tableOf({ entries }: Report): string[] {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  const head = ['operation', ...KINDS, 'others', 'answers', 'faults'];
  const alignment = head.map((name) => (name === 'operation' || name === 'answers' ? '---' : '--:'));
  return [line(head), line(alignment), ...entries.map((entry) => line(cellsOf(entry)))];
}

function cellsOf({ key, kinds, statuses, faults }: Entry & { key: string }): (string | number)[] {
  const others = Object.keys(kinds).filter((kind) => !KINDS.includes(kind));
  const counts = Object.entries(statuses).map(([status, count]) => `${status}×${count}`);
  return [
    `\`${key}\``,
    ...KINDS.map((kind) => kinds[kind] ?? ''),
    others.reduce((sum, kind) => sum + (kinds[kind] ?? 0), 0),
    counts.join(' '),
    faults.length,
  ];
}

/** The first faults of each operation, each with how to repeat it. */
export const faultLines = ({ entries }: Report): string[] =>
  entries.flatMap(({ key, faults }) => [
    ...faults.slice(0, SHOWN).flatMap(({ what, repeat }) => [`✗ ${key}: ${what}`, `    ${repeat}`]),
    ...(faults.length > SHOWN ? [`  and ${faults.length - SHOWN} more of ${key}`] : []),
  ]);
