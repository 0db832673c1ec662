import { column, quoted } from './naming.js';

/** Type only: carries the row's shape through inference. */
export declare const rowType: unique symbol;

/** A table whose rows decisions read by key. Decisions may write its rows only when `lock` is true. */
export interface Collection<Row extends object = object> {
  readonly kind: 'collection';
  readonly table: string;
  readonly key: readonly string[];
  readonly columns: readonly string[];
  /** True: rows are locked until the commit. False: rows are read without a lock and never written. */
  readonly lock: boolean;
  /** True: keys without a row are locked too. False: another transaction may insert such a row before the commit. */
  readonly lockAbsent: boolean;
  /**
   * The columns that updates of this process have changed so far. An update sets these columns only; the set grows a
   * few times and then stays, so there are few prepared statements.
   */
  readonly changing: Set<string>;
  readonly sql: CollectionSql;
  readonly [rowType]?: Row;
}

/**
 * Every statement takes one JSON array: one SQL text serves any number of rows and names no column types. The exception
 * is `readByKey`.
 */
interface CollectionSql {
  /** Inserts a stub for each key without a row. Waits for keys that another transaction is inserting. */
  readonly insertStubs: string;
  /** The same, but fails when one of the keys has a row: another transaction has inserted it since the read. */
  readonly claimAbsent: string;
  /** Returns rows with `#key`: the position of their key in the array. */
  readonly read: string;
  /** The same, by one array of keys of a table that has one key column: a third less work. Returns no `#key`. */
  readonly readByKey: string | undefined;
  /** The same as `read`, but skips rows that another transaction holds. */
  readonly readSkipLocked: string;
  /** Inserts rows that were absent; fails like `claimAbsent`. */
  readonly insert: string;
  /** Sets all columns: those of a stub. */
  readonly fillStubs: string;
  /** Sets some columns, and the version. */
  readonly update: (columns: ReadonlySet<string>) => string;
  readonly deleteStubs: string;
}

/** The names of a row's columns, including those that only some variants of a union have. */
export type ColumnOf<Row> = Row extends unknown ? keyof Row & string : never;

export interface CollectionOptions<Row> {
  table: string;
  /** The key's columns. Several are joined by `/` in the records that decisions receive. */
  key: ColumnOf<Row> | readonly ColumnOf<Row>[];
  columns: readonly ColumnOf<Row>[];
  lock?: boolean;
  /**
   * False: a key without a row is locked only if the rule writes it, which saves a stub. For rules that decide the same
   * as if they had come before the transaction that inserts the row. Default: true.
   */
  lockAbsent?: boolean;
}

/**
 * Describes a table. A locked table has `version int not null default 0`. Version 0 marks a stub: a row that exists
 * only to lock its key, and that decisions receive as undefined. The other columns are therefore nullable or have
 * defaults.
 */
export function collection<Row extends object>({
  table,
  key,
  columns,
  lock = true,
  lockAbsent = true,
}: CollectionOptions<Row>): Collection<Row> {
  const keys: readonly string[] = typeof key === 'string' ? [key] : key;
  const missing = keys.filter((part) => !(columns as readonly string[]).includes(part));
  if (missing.length > 0) throw new Error(`the columns of ${table} lack its key ${missing.join(', ')}`);
  const sql = statements(table, keys, columns, lock);
  return { kind: 'collection', table, key: keys, columns, lock, lockAbsent, changing: new Set(), sql };
}

/**
 * Splits a key into its columns: `bolt/east` -> `{ sku: 'bolt', warehouse: 'east' }`.
 * @throws Error when the key does not have one part per column
 */
export function keyColumns({ table, key }: Collection, value: string): Record<string, string> {
  const parts = key.length === 1 ? [value] : value.split('/');
  if (parts.length !== key.length) throw new Error(`a key of ${table} is ${key.join('/')}, not ${value}`);
  return Object.fromEntries(key.map((name, index) => [name, parts[index]!]));
}

export const keyOf = ({ key }: Collection, row: object): string =>
  key.map((name) => (row as Record<string, unknown>)[name]).join('/');

function statements(table: string, key: readonly string[], columns: readonly string[], lock: boolean): CollectionSql {
  const name = quoted(table);
  const keys = key.map(column).join(', ');
  const given = `jsonb_populate_recordset(null::${name}, $1::jsonb)`;
  const same = (a: string, b: string): string =>
    key.map((part) => `${a}.${column(part)} = ${b}.${column(part)}`).join(' AND ');
  const shown = columns.map((part) => `t.${column(part)} AS ${quoted(part)}`);
  const set = (parts: readonly string[]): string => {
    const written = parts.filter((part) => !key.includes(part)).map((part) => `${column(part)} = v.${column(part)}`);
    return [...written, ...(columns.includes('version') ? [] : ['version = t.version + 1'])].join(', ');
  };
  const update = (parts: readonly string[]): string =>
    `UPDATE ${name} AS t SET ${set(parts)} FROM ${given} AS v WHERE ${same('t', 'v')}`;
  const version = lock ? ['t.version AS "#version"'] : [];
  // All units of work lock keys in the same order, so they cannot deadlock.
  // NO KEY UPDATE: other transactions may still insert rows that refer to this one.
  const order = lock ? ` ORDER BY ${key.map((part) => `t.${column(part)}`).join(', ')} FOR NO KEY UPDATE OF t` : '';
  const readByKey = `SELECT ${[...version, ...shown].join(', ')} FROM ${name} AS t
    WHERE t.${column(key[0]!)} = ANY($1)${order}`;
  const read = `SELECT k.ordinality::int AS "#key", ${[...version, ...shown].join(', ')}
    FROM ${given} WITH ORDINALITY AS k JOIN ${name} AS t ON ${same('t', 'k')}${order}`;
  const claimAbsent = `INSERT INTO ${name} (${keys}) SELECT ${keys} FROM ${given} ORDER BY ${keys}`;
  const list = columns.map(column).join(', ');
  const first = columns.includes('version') ? [list, list] : [`${list}, version`, `${list}, 1`];
  return {
    insertStubs: `${claimAbsent} ON CONFLICT (${keys}) DO NOTHING`,
    claimAbsent,
    read,
    readByKey: lock && key.length === 1 ? readByKey : undefined,
    readSkipLocked: lock ? `${read} SKIP LOCKED` : read,
    insert: `INSERT INTO ${name} (${first[0]}) SELECT ${first[1]} FROM ${given} ORDER BY ${keys}`,
    fillStubs: update(columns),
    update: (changing) => update(columns.filter((part) => part === 'version' || changing.has(part))),
    deleteStubs: `DELETE FROM ${name} AS t USING ${given} AS v WHERE ${same('t', 'v')} AND t.version = 0`,
  };
}
