import type { Message } from '@sluice/contracts/kit';
import type { Pool } from 'pg';
import { Batcher } from './batcher.js';
import { keyColumns, type Collection, type rowType } from './collection.js';
import { committedRows } from './committed-rows.js';
import { column, quoted, toSql } from './naming.js';
import { connect, prepared, together } from './transaction.js';

/** Keys that are read together at most. */
const MAX_READ = 100;
/** The class of SQLSTATE of values that do not fit a column, such as a text that is no UUID. */
const DATA_EXCEPTION = '22';

type Keys<Tables extends readonly Collection[]> = { [Index in keyof Tables]: string };
type Found<Tables extends readonly Collection[]> = {
  [Index in keyof Tables]: Tables[Index] extends { readonly [rowType]?: infer Row } ? Row | undefined : never;
};

interface Wanted {
  keys: readonly string[];
  resolve: (rows: readonly (object | undefined)[]) => void;
  reject: (error: unknown) => void;
}

/**
 * Reads rows of some tables by key, without a lock. What is asked for while a read is running shares the next one, so
 * that a loaded service reads many rows by one statement.
 */
export class Lookups<Tables extends readonly Collection[]> {
  readonly #tables: Tables;
  readonly #statements: readonly string[];
  readonly #reads = new Batcher<Wanted>(
    (batch) => this.#read(batch),
    () => MAX_READ,
  );

  constructor(
    private readonly pool: Pool,
    ...tables: Tables
  ) {
    this.#tables = tables;
    this.#statements = tables.map(statementOf);
  }

  /**
   * The rows under these keys, one of each table, as they are at this moment; the tables are read in their order.
   * Undefined: there is no such row, or only a stub.
   */
  read(...keys: Keys<Tables>): Promise<Found<Tables>> {
    return new Promise((resolve, reject) =>
      this.#reads.add({ keys, resolve: (rows) => resolve(rows as Found<Tables>), reject }),
    );
  }

  /**
   * The same for the handler of a message: the rows of the commit that has sent it, when this process has just made
   * that commit, without a read.
   */
  async readFor({ id }: Message, ...keys: Keys<Tables>): Promise<Found<Tables>> {
    const committed = committedRows(this.pool).take(id);
    const rows = this.#tables.map((table, index) => committed?.rowOf(table, keys[index]!));
    return rows.includes(undefined) ? this.read(...keys) : (rows as Found<Tables>);
  }

  async #read(batch: readonly Wanted[]): Promise<void> {
    try {
      const found = await this.#rowsOf(batch);
      batch.forEach(({ resolve }, index) => resolve(found.map((rows) => rows.get(index))));
    } catch (error) {
      const isOneOfMany = batch.length > 1 && (error as { code?: string }).code?.startsWith(DATA_EXCEPTION);
      if (isOneOfMany) for (const one of batch) await this.#read([one]);
      else for (const { reject } of batch) reject(error);
    }
  }

  /** @returns for each table its rows by their position in the batch */
  async #rowsOf(batch: readonly Wanted[]): Promise<Map<number, object>[]> {
    const client = await connect(this.pool);
    try {
      const results = await together(
        client,
        this.#statements.map((text, table) => prepared(text, [this.#json(batch, table)])),
      );
      client.release();
      return results.map(
        ({ rows }) => new Map((rows as { '#key': number }[]).map(({ '#key': key, ...row }) => [key - 1, row])),
      );
    } catch (error) {
      // Results may still arrive.
      client.release(true);
      throw error;
    }
  }

  #json(batch: readonly Wanted[], table: number): string {
    const collection = this.#tables[table]!;
    return JSON.stringify(batch.map(({ keys }) => toSql(collection.key, keyColumns(collection, keys[table]!))));
  }
}

/**
 * Row by row, so that each is found by the index, whatever the statistics of the table were when a connection planned
 * it: `OFFSET 0` keeps the inner query as it is.
 */
function statementOf({ table, key, columns, lock }: Collection): string {
  const shown = columns.map((name) => `t.${column(name)} AS ${quoted(name)}`);
  const conditions = [
    ...key.map((name) => `t.${column(name)} = k.${column(name)}`),
    ...(lock ? ['t.version > 0'] : []),
  ];
  return `SELECT k.ordinality::int AS "#key", r.*
    FROM jsonb_populate_recordset(null::${quoted(table)}, $1::jsonb) WITH ORDINALITY AS k
    CROSS JOIN LATERAL (SELECT ${shown.join(', ')} FROM ${quoted(table)} AS t
      WHERE ${conditions.join(' AND ')} OFFSET 0) AS r`;
}
