import type { ColumnOf, rowType } from './collection.js';
import { column, quoted } from './naming.js';

/** An append-only table: a history, a ledger. */
export interface Log<Row extends object = object> {
  readonly kind: 'log';
  readonly columns: readonly string[];
  /** Takes the rows as one JSON array. */
  readonly insert: string;
  readonly [rowType]?: Row;
}

/** Describes an append-only table. A decision fills `columns`; the database fills the others. */
export function log<Row extends object>({
  table,
  columns,
}: {
  table: string;
  columns: readonly ColumnOf<Row>[];
}): Log<Row> {
  const list = columns.map(column).join(', ');
  return {
    kind: 'log',
    columns,
    insert: `INSERT INTO ${quoted(table)} (${list})
      SELECT ${list} FROM jsonb_populate_recordset(null::${quoted(table)}, $1::jsonb)`,
  };
}
