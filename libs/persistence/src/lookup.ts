import type { Pool } from 'pg';
import { keyColumns, type Collection, type rowType } from './collection.js';
import { column, quoted } from './naming.js';
import { connect, prepared, together, type Statement } from './transaction.js';

/** A read of one row by its key, without a lock. */
export interface Lookup<Row extends object = object> extends Statement {
  readonly [rowType]?: Row;
}

type Found<Lookups extends readonly Lookup[]> = {
  [Index in keyof Lookups]: Lookups[Index] extends Lookup<infer Row> ? Row | undefined : never;
};

/** Makes lookups in one table: `const payableOf = lookups(tables.payables)`. A placeholder that holds a lock is no row. */
export function lookups<Row extends object>(collection: Collection<Row>): (key: string) => Lookup<Row> {
  const { table, key, columns, lock } = collection;
  const shown = columns.map((name) => `${column(name)} AS ${quoted(name)}`);
  const conditions = key.map((name, index) => `${column(name)} = $${index + 1}`);
  if (lock) conditions.push('version > 0');
  const text = `SELECT ${shown.join(', ')} FROM ${quoted(table)} WHERE ${conditions.join(' AND ')}`;
  return (value) => prepared(text, Object.values(keyColumns(collection, value)));
}

/** Reads rows as they are at this moment, one after the other in one round trip. Undefined: there is no such row. */
export async function lookUp<const Lookups extends readonly Lookup[]>(
  pool: Pool,
  ...wanted: Lookups
): Promise<Found<Lookups>> {
  const client = await connect(pool);
  try {
    const results = await together(client, wanted);
    client.release();
    return results.map(({ rows }) => rows[0] as object | undefined) as Found<Lookups>;
  } catch (error) {
    // Results may still arrive.
    client.release(true);
    throw error;
  }
}
