import { randomUUID } from 'node:crypto';
import type { Message, Reannounced } from '@sluice/contracts/kit';
import type { Pool } from 'pg';

/** Rows of one page: about one commit. */
const PAGE_SIZE = 500;
/** Comes before every UUID. */
export const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** Which rows are announced again. */
export interface Page {
  /** RFC 3339: rows that have changed after it, and rows that are not finished. */
  since: string;
  /** The `next` of the page before. */
  after?: string | undefined;
  /** Money that was taken for nothing goes back. */
  refund: boolean;
  /** The kinds that are announced first, and not the others. */
  first?: boolean;
}

export interface Position {
  since: string;
  /** The id of the last row of the page before. */
  after: string | undefined;
  limit: number;
}

/** Rows of one kind that are announced again. */
export interface Announced<Row extends { id: string } = { id: string }> {
  /** For the operator: `orders`. */
  readonly what: string;
  /** Others must know it before they hear anything else: what they do for an order cannot be taken back. */
  readonly first?: boolean;
  /** The next rows, in the order of their ids. */
  rows(position: Position): Promise<readonly Row[]>;
  /**
   * Publishes the row's facts again, or sends its request again, by a decision under the row's lock.
   * @returns a text: what an operator must know
   */
  announce(message: Message, row: Row, page: Page): Promise<unknown>;
}

/**
 * Publishes again what this service owns and others may have missed: after databases were restored beside an empty
 * broker. Listeners recognise what they have handled by its natural key, so twice is harmless.
 */
export class Reannouncement {
  readonly #kinds: readonly Announced[];

  /** @param kinds one after the other */
  constructor(...kinds: readonly Announced[]) {
    this.#kinds = kinds;
  }

  /** Announces one page. Any number of processes may do so, and it may be repeated. */
  async announce(page: Page): Promise<Reannounced> {
    const [index, after] = positionOf(page.after);
    const kinds = this.#kinds.filter(({ first = false }) => first === (page.first ?? false));
    const kind = kinds[index];
    if (!kind) return NOTHING;
    const rows = await kind.rows({ since: page.since, after, limit: PAGE_SIZE });
    const found = await Promise.all(rows.map((row) => kind.announce(messageAbout(row.id), row, page)));
    const findings = found.filter((finding) => typeof finding === 'string');
    const nextKind = index + 1 < kinds.length ? `${index + 1}` : undefined;
    const next = rows.length < PAGE_SIZE ? nextKind : `${index} ${rows.at(-1)?.id}`;
    return { what: kind.what, rows: rows.length, findings, ...(next !== undefined && { next }) };
  }
}

/** Of a service that owns nothing that others wait for. */
export const NOTHING: Reannounced = { rows: 0, findings: [] };

/** Rows of a query: after the id `$1`, at most `$2`, in order; `$3` is the time since when. @param first before all ids */
export const selected =
  <Row extends { id: string }>(pool: Pool, sql: string, first: string) =>
  async ({ since, after = first, limit }: Position): Promise<Row[]> =>
    (await pool.query<Row>(sql, [after, limit, since])).rows;

/** `1 0198...`: the kind, and the id of the last row. */
function positionOf(next = '0'): [index: number, after: string | undefined] {
  const [index, ...id] = next.split(' ');
  return [Number(index), id.length > 0 ? id.join(' ') : undefined];
}

/** With a new id each time; the rule reads the row under its lock. */
const messageAbout = (id: string): Message => ({
  id: randomUUID(),
  type: 'reannounce',
  version: 1,
  correlationId: id,
  time: new Date().toISOString(),
  data: { id },
});
